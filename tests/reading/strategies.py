"""Findings as hypothesis makes them: any that the vocabulary allows."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from firstlight.reading.rules.findings import Findings, read_findings
from firstlight.reading.rules.vocabulary import Finding, vocabulary


def values(finding: Finding, modality: str) -> SearchStrategy[object]:
    """Any answer to one finding."""
    keys = [option.key for option in finding.options_for(modality)]
    alone = [option.key for option in finding.options_for(modality) if option.alone]
    if finding.kind == "integer":
        return st.integers(finding.minimum, finding.maximum)
    if finding.kind == "several_of":
        beside = [key for key in keys if key not in alone]
        several = st.lists(st.sampled_from(beside), min_size=1, unique=True)
        return several if not alone else several | st.sampled_from([[key] for key in alone])
    return st.sampled_from(keys)


def documents(modality: str, *, complete: bool = False) -> SearchStrategy[dict[str, object]]:
    """Any findings of a kind of image, as a program would send them."""
    asked = {each.key: values(each, modality) for each in vocabulary().findings_for(modality)}
    given = st.fixed_dictionaries(asked if complete else {}, optional={} if complete else asked)
    return given.map(lambda answers: {"modality": modality, "values": answers})


def findings(modality: str, *, complete: bool = False) -> SearchStrategy[Findings]:
    """Any findings of a kind of image."""
    return documents(modality, complete=complete).map(read_findings)


MODALITIES = ("ct", "radiograph")
