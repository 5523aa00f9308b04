"""The vocabulary, and findings checked against it."""

import json
import pickle
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.sr.codedict import codes

from firstlight.reading.rules.contradictions import contradictions
from firstlight.reading.rules.findings import BadFindings, read_findings
from firstlight.reading.rules.vocabulary import FILE, BadVocabulary, Code, read_vocabulary, vocabulary
from tests.reading.strategies import MODALITIES, documents

RAW = tomllib.loads(FILE.read_text(encoding="utf-8"))


def ct(**answers: object) -> dict[str, object]:
    return {"modality": "ct", "values": answers}


def test_every_label_stands_in_both_languages() -> None:
    known = vocabulary()
    named = [*known.modalities.values(), *known.groups.values(), *known.findings.values()]
    named += [option for finding in known.findings.values() for option in finding.options]
    assert [each.key for each in named if not each.label_ko or not each.label_en] == []
    assert all(bool(each.help_ko) == bool(each.help_en) for each in known.findings.values())
    assert all(each["ko"] and each["en"] for each in known.contradictions)


def published_codes() -> dict[tuple[str, str], str]:
    """Every SNOMED CT and DICOM code that DICOM's own dictionaries print, with one of its meanings."""
    found: dict[tuple[str, str], set[str]] = {}
    for scheme in (codes.SCT, codes.DCM):
        for name in scheme.dir():
            concept = getattr(scheme, name)
            found.setdefault((concept.scheme_designator, concept.value), set()).add(concept.meaning.lower())
    return found


def test_every_code_is_one_that_dicom_prints_with_that_meaning() -> None:
    known = vocabulary()
    used: set[Code] = {code for each in known.findings.values() for code in each.codes}
    used |= {code for each in known.findings.values() for option in each.options for code in option.codes}
    published = published_codes()
    assert len(used) > 30
    assert [code for code in used if code.meaning.lower() not in published.get((code.scheme, code.value), set())] == []


KEPT = Path(__file__).parent / "vocabulary_1.json"


def test_what_version_1_could_say_can_be_said_for_ever() -> None:
    """Stored findings must be read in every later version: keys and options may be added, never taken away."""
    now = {key: [option.key for option in each.options] for key, each in vocabulary().findings.items()}
    for key, options in json.loads(KEPT.read_text()).items():
        assert set(options) <= set(now[key]), key


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda raw: raw["findings"].append(deepcopy(raw["findings"][0])), "same key|Two findings"),
        (lambda raw: raw["findings"][0].update(group="nowhere"), "group is not listed"),
        (lambda raw: raw["findings"][0].update(modalities=["mri"]), "modality is not listed"),
        (lambda raw: raw["findings"][0].update(kind="guess"), "kind is none of"),
        (lambda raw: raw["findings"][0].update(options=[]), "needs options"),
        (lambda raw: raw["findings"][0].pop("ko"), "lacks 'ko'"),
    ],
)
def test_a_vocabulary_with_a_fault_names_it(spoil: object, why: str) -> None:
    raw = deepcopy(RAW)
    spoil(raw)
    with pytest.raises(BadVocabulary, match=why):
        read_vocabulary(raw)


@settings(deadline=None)
@given(st.sampled_from(MODALITIES).flatmap(documents))
def test_findings_go_to_json_and_come_back_the_same(document: dict[str, object]) -> None:
    read = read_findings(document)
    stored = json.loads(json.dumps(read.as_json()))
    assert stored["vocabulary"] == "chest/1"
    assert read_findings(stored) == read
    assert hash(pickle.loads(pickle.dumps(read))) == hash(read)


def test_answers_stand_in_the_vocabularys_order_whatever_order_they_came_in() -> None:
    one = read_findings(ct(laterality="right", opacities=["consolidation", "ground_glass"]))
    two = read_findings(ct(opacities=["ground_glass", "consolidation"], laterality="right"))
    assert one == two
    assert one.get("opacities") == ("ground_glass", "consolidation")
    assert one.get("location") is None


def test_what_the_reader_could_not_tell_was_given_but_is_not_known() -> None:
    read = read_findings(ct(cavity="cannot_tell"))
    assert (read.get("cavity"), read.known("cavity")) == ("cannot_tell", None)


@pytest.mark.parametrize(
    ("document", "key", "why"),
    [
        ({"modality": "mri", "values": {}}, "modality", "one of ct, radiograph"),
        ({"values": {}}, "modality", "one of"),
        ({"modality": "ct"}, "values", "object"),
        ({"modality": "ct", "values": {}, "vocabulary": "chest/2"}, "vocabulary", "chest/1 or an earlier"),
        ({"modality": "ct", "values": {}, "vocabulary": "knee/1"}, "vocabulary", "chest/1"),
        (ct(swelling="yes"), "swelling", "no such finding"),
        (ct(laterality="both"), "laterality", "one of right, left, bilateral"),
        (ct(laterality=None), "laterality", "one of"),
        (ct(laterality=["right"]), "laterality", "one of"),
        (ct(opacities="ground_glass"), "opacities", "list"),
        (ct(opacities=[]), "opacities", "one or more"),
        (ct(opacities=["none", "consolidation"]), "opacities", "none goes with no other"),
        (ct(lesion_count=201), "lesion_count", "0 to 200"),
        (ct(lesion_count=True), "lesion_count", "whole number"),
        (ct(lesion_count="3"), "lesion_count", "whole number"),
        (ct(extent_rul="12"), "extent_rul", "one of 0, 1-4"),
        (ct(lung_extent_left="0"), "lung_extent_left", "not a finding of a ct"),
        ({"modality": "radiograph", "values": {"opacities": ["crazy_paving"]}}, "opacities", "list"),
    ],
)
def test_bad_findings_name_the_entry_and_repeat_no_value(document: dict[str, object], key: str, why: str) -> None:
    with pytest.raises(BadFindings, match=why) as raised:
        read_findings(document)
    assert raised.value.key == key


def test_a_value_that_might_name_somebody_is_not_repeated() -> None:
    with pytest.raises(BadFindings) as raised:
        read_findings(ct(laterality="Hong Gildong"))
    assert "Hong" not in str(raised.value)


@pytest.mark.parametrize(
    ("answers", "keys"),
    [
        ({"laterality": "right", "lobes": ["lll"]}, [("laterality", "lobes")]),
        ({"laterality": "right", "lobes": ["rul"]}, []),
        ({"laterality": "right"}, []),
        ({"opacities": ["none"], "laterality": "left"}, [("opacities", "laterality")]),
        ({"opacities": ["ground_glass"], "consolidation_shape": "other"}, [("opacities", "consolidation_shape")]),
    ],
)
def test_what_cannot_be_at_once_is_found(answers: dict[str, object], keys: list[tuple[str, ...]]) -> None:
    assert [each.keys for each in contradictions(read_findings(ct(**answers)))] == keys
