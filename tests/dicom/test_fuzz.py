"""A short run over changed files, the same in every run; `bench/fuzz_dicom.py` is the long one."""

import random

import pytest

from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.encoding import encoded_file
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import take_apart
from firstlight.dicom.structure import Element
from tests.dicom.mutation import KEY, NAME, PEOPLE, changed, check, check_series, seeds, torn
from tests.phantoms import as_bytes, identified_ct

FILES = 250
PROFILE = Profile.load()


@pytest.mark.parametrize("seed", range(2))
def test_changed_files_are_refused_by_name_or_hold_nothing_planted(seed: int) -> None:
    dice = random.Random(seed)
    pool = seeds()
    for _ in range(FILES):
        data = dice.choice(pool)
        check(changed(data, dice) if dice.random() < 0.7 else torn(data, dice))


def test_changed_files_of_a_series_leave_as_they_would_alone() -> None:
    dice = random.Random(7)
    pool = seeds()
    for _ in range(FILES // 5):
        check_series(changed(dice.choice(pool), dice))


def test_the_changed_files_are_not_all_refused() -> None:
    dice = random.Random(3)
    outcomes = [
        deidentify_bytes(changed(data, dice), profile=PROFILE, key=KEY).status for data in seeds() for _ in range(5)
    ]
    assert {"done", "refused"} <= {*outcomes}


def test_a_check_fails_where_planted_text_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.dicom.mutation.WORDS", ("chest",))
    with pytest.raises(AssertionError):
        check(as_bytes(identified_ct()))


def test_a_code_outside_a_sequence_goes() -> None:
    data = as_bytes(identified_ct(CodingSchemeDesignator=NAME, CodeValue="B12"))
    outcome = deidentify_bytes(data, profile=PROFILE, key=KEY)
    assert outcome.content is not None
    assert {0x00080100, 0x00080102}.isdisjoint(take_apart(outcome.content).elements)


def test_a_name_inside_numbers_keeps_the_object_back() -> None:
    name = PEOPLE[0x00100010][1].replace("^", " ").encode()
    swallowed = b"\1\0\2\0" + name + b"\0" * (len(name) % 2)
    data = as_bytes(identified_ct(PatientName=NAME))
    instance = take_apart(data)
    elements = instance.elements | {0x00283006: Element(0x00283006, "OW", swallowed)}
    elements = {0x00283010: Element(0x00283010, "SQ", b"", ({0x00283006: elements.pop(0x00283006)},))} | elements
    uid = bytes(elements[0x00080016].value).decode().strip("\0")
    changed_file = b"".join(encoded_file(elements, instance.transfer_syntax_uid, instance.encoding, uid, "1.2.3"))
    outcome = deidentify_bytes(changed_file, profile=PROFILE, key=KEY)
    assert (outcome.status, outcome.reason) == ("refused", "residual")
