"""Findings: what one reader saw on one examination, checked against the vocabulary and never changed after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from firstlight.reading.rules.vocabulary import CANNOT_TELL, Finding, vocabulary

Value = str | int | tuple[str, ...]


class BadFindings(ValueError):
    """Findings that cannot be accepted: `key` says which entry, `why` what is wrong; no value is repeated."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


@dataclass(frozen=True)
class Findings:
    """What was seen on an examination of a `modality`; what is not among the answers was not given.

    Answers stand in the vocabulary's order: an option's key, a number, or for a finding of several options their keys.
    """

    modality: str
    answers: tuple[tuple[str, Value], ...]
    vocabulary: str

    def get(self, key: str) -> Value | None:
        """The answer to a finding, or None when it was not given."""
        return next((value for name, value in self.answers if name == key), None)

    def known(self, key: str) -> Value | None:
        """The answer, unless none was given or the reader could not tell."""
        value = self.get(key)
        return None if value == CANNOT_TELL else value

    def as_json(self) -> dict[str, Any]:
        """As a JSONField keeps it; `read_findings` reads it back."""
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in self.answers}
        return {"vocabulary": self.vocabulary, "modality": self.modality, "values": values}

    def __iter__(self) -> Iterator[tuple[Finding, Value]]:
        """Each finding with its answer."""
        known = vocabulary().findings
        return ((known[key], value) for key, value in self.answers)

    def __bool__(self) -> bool:
        """Whether anything was recorded."""
        return bool(self.answers)


def read_findings(document: Mapping[str, Any]) -> Findings:
    """Findings from `{"vocabulary", "modality", "values"}`; raises BadFindings naming the entry that is wrong."""
    modality = _modality(document.get("modality"))
    _check_version(document.get("vocabulary", vocabulary().name))
    values = document.get("values")
    if not isinstance(values, Mapping):
        raise BadFindings("values", "must be an object of findings and their values")
    for key in values:
        if key not in vocabulary().findings:
            raise BadFindings(str(key)[:60], "the vocabulary has no such finding")
    ordered = [each for each in vocabulary().findings.values() if each.key in values]
    answers = tuple((each.key, _value(each, modality, values[each.key])) for each in ordered)
    return Findings(modality, answers, vocabulary().name)


def _modality(given: object) -> str:
    if not isinstance(given, str) or given not in vocabulary().modalities:
        raise BadFindings("modality", f"must be one of {', '.join(vocabulary().modalities)}")
    return given


def _check_version(name: object) -> None:
    """Earlier versions are read as they are, since keys never change their meaning; later ones cannot be."""
    key, _, version = str(name).partition("/")
    if key != vocabulary().key or not version.isdecimal() or not 1 <= int(version) <= vocabulary().version:
        raise BadFindings("vocabulary", f"must be {vocabulary().name} or an earlier version of it")


def _value(finding: Finding, modality: str, given: object) -> Value:
    if modality not in finding.modalities:
        raise BadFindings(finding.key, f"is not a finding of a {modality}")
    if finding.kind == "integer":
        return _number(finding, given)
    if finding.kind == "several_of":
        return _several(finding, modality, given)
    return _one(finding, modality, given)


def _number(finding: Finding, given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not finding.minimum <= given <= finding.maximum:
        raise BadFindings(finding.key, f"must be a whole number from {finding.minimum} to {finding.maximum}")
    return given


def _one(finding: Finding, modality: str, given: object) -> str:
    keys = [each.key for each in finding.options_for(modality)]
    if not isinstance(given, str) or given not in keys:
        raise BadFindings(finding.key, f"must be one of {', '.join(keys)}")
    return given


def _several(finding: Finding, modality: str, given: object) -> tuple[str, ...]:
    options = finding.options_for(modality)
    keys = [each.key for each in options]
    if not isinstance(given, list | tuple) or not given or not all(each in keys for each in given):
        raise BadFindings(finding.key, f"must be a list of one or more of {', '.join(keys)}")
    chosen = [each for each in options if each.key in given]
    if len(chosen) > 1 and any(each.alone for each in chosen):
        alone = next(each.key for each in chosen if each.alone)
        raise BadFindings(finding.key, f"{alone} goes with no other option")
    return tuple(each.key for each in chosen)
