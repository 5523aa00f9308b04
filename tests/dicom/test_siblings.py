"""What is remembered of a series changes nothing: the same bytes and decisions as if every file were the only one."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.dicom import deidentify, siblings
from firstlight.dicom.deidentify import Outcome, deidentify_bytes
from firstlight.dicom.encoding import encoded_file
from firstlight.dicom.identity import NOBODY, Identity, identity_of
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import DEFAULT, Profile
from firstlight.dicom.reading import take_apart
from firstlight.dicom.siblings import MOST_SIBLINGS, may_vary
from firstlight.dicom.structure import Element, Elements, Instance
from tests.dicom.mutation import next_of_a_series, other
from tests.phantoms import HONG, KIM, PLANTED, as_bytes, identified_ct

KEY, OTHER_KEY = SiteKey.from_bytes(b"0123456789abcdef"), SiteKey.from_bytes(b"another site's key")
PROFILE = Profile.load()
PROFILES = (PROFILE, Profile.load(("113100",)), Profile.load({*DEFAULT} - {"113111"}))
IMPLICIT, BIG, DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    siblings.forget()
    yield
    siblings.forget()


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each file, whether it was done like one before."""
    found: list[bool] = []

    def told(*given: Any) -> siblings.Done | None:
        done = siblings.done_like_a_sibling(*given)
        found.append(done is not None)
        return done

    monkeypatch.setattr(deidentify, "done_like_a_sibling", told)
    return found


def alone(data: bytes, *, profile: Profile = PROFILE, key: SiteKey = KEY, identity: Identity = NOBODY) -> Outcome:
    """What becomes of a file that is the only one; what was remembered stays as it was."""
    remembered = [*siblings._SIBLINGS]
    siblings.forget()
    outcome = deidentify_bytes(data, profile=profile, key=key, identity=identity)
    siblings._SIBLINGS[:] = remembered
    return outcome


def check(data: bytes, *, profile: Profile = PROFILE, key: SiteKey = KEY, identity: Identity = NOBODY) -> Outcome:
    outcome = deidentify_bytes(data, profile=profile, key=key, identity=identity)
    assert outcome == alone(data, profile=profile, key=key, identity=identity)
    return outcome


def written(instance: Instance, elements: Elements) -> bytes:
    """The instance with other elements, under the same file meta information."""
    chunks = encoded_file(
        elements, instance.transfer_syntax_uid, instance.encoding, "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    )
    return b"".join(chunks)


def test_a_series_is_done_like_its_first_file(hits: list[bool]) -> None:
    for number in range(1, 13):
        check(as_bytes(identified_ct(number)))
    assert hits[::2] == [False] + [True] * 11


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG, DEFLATED])
def test_other_encodings(syntax: str, hits: list[bool]) -> None:
    for number in (1, 2, 3):
        check(as_bytes(identified_ct(number, transfer_syntax_uid=syntax)))
    assert hits[::2] == [False, syntax == IMPLICIT, syntax == IMPLICIT]


@pytest.mark.parametrize("character_set", ["ISO_IR 192", ["", "ISO 2022 IR 149"], ["ISO 2022 IR 6", "ISO 2022 IR 149"]])
def test_other_letters(character_set: str | list[str], hits: list[bool]) -> None:
    for number in (1, 2, 3):
        check(as_bytes(identified_ct(number, character_set=character_set, SeriesDescription="흉부 CHEST")))
    assert hits[::2] == [False, True, True]


def test_another_patient_key_profile_or_knowledge_of_the_study_is_another_series(hits: list[bool]) -> None:
    data = [as_bytes(identified_ct(number)) for number in (1, 2, 3, 4)]
    known = identity_of({0x00100010: Element(0x00100010, "PN", b"Chest^Lung")})
    check(data[0])
    check(as_bytes(identified_ct(2, patient=KIM)))
    check(data[1], key=OTHER_KEY)
    check(data[2], profile=PROFILES[1])
    check(data[3], identity=known)
    assert hits[::2] == [False] * 5
    check(data[1], identity=known)
    check(data[1])
    assert hits[10::2] == [True, True]


FIRST = take_apart(as_bytes(identified_ct(1)))


@pytest.mark.parametrize("tag", [tag for tag in FIRST.elements if tag >> 16 != 0x7FE0], ids="{:08x}".format)
def test_any_one_element_may_differ(tag: int) -> None:
    dice = random.Random(tag)
    element = FIRST.elements[tag]
    values = [b"", b"12", b"HONG GILDONG", b"20200221", *(other(element, dice).value for _ in range(3))]
    check(written(FIRST, FIRST.elements))
    for value in values:
        check(written(FIRST, FIRST.elements | {tag: element._replace(value=bytes(value), items=None)}))
        check(written(FIRST, {one: each for one, each in FIRST.elements.items() if one != tag}))
        check(written(FIRST, FIRST.elements))


@pytest.mark.parametrize("vr", ["PN", "LO", "SQ", "UN", "UI", "IS", "DA", "FD"])
def test_an_element_that_joins_later(vr: str) -> None:
    check(written(FIRST, FIRST.elements))
    for tag in (0x00080014, 0x00080090, 0x00100030, 0x00104000, 0x00200011, 0x00281056, 0x00291155, 0x60000010):
        items = ({0x00100010: Element(0x00100010, "PN", b"HONG^GILDONG")},) if vr == "SQ" else None
        joined = FIRST.elements | {tag: Element(tag, vr, b"" if items else b"12345678", items)}
        for again in (joined, {**joined, tag: Element(tag, vr, b"" if items else b"87654321", items)}, FIRST.elements):
            check(written(FIRST, dict(sorted(again.items()))))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([HONG, KIM]), st.integers(1, 3), st.integers(1, 30), st.sampled_from(PROFILES),
            st.sampled_from([KEY, OTHER_KEY]), st.sampled_from(["", IMPLICIT]), st.integers(0, 1 << 32),
        ),
        min_size=2, max_size=8,
    )
)  # fmt: skip
def test_in_any_order_of_any_files(files: list[tuple[Any, ...]]) -> None:
    for patient, series, number, profile, key, syntax, seed in files:
        more: dict[str, Any] = {"transfer_syntax_uid": syntax} if syntax else {}
        instance = take_apart(as_bytes(identified_ct(number, patient=patient, series=series, **more)))
        check(next_of_a_series(instance, random.Random(seed % 50)), profile=profile, key=key)


@pytest.mark.parametrize("tag", [0x00200012, 0x00200014])
@pytest.mark.parametrize("vr", ["IS", "DS", "UI"])
def test_another_element_in_the_place_of_one_that_varies(tag: int, vr: str) -> None:
    for number in (b"1 ", b"2 "):
        check(written(FIRST, FIRST.elements | {0x00200013: Element(0x00200013, "IS", number)}))
    swapped = {one: each for one, each in FIRST.elements.items() if one != 0x00200013}
    check(written(FIRST, dict(sorted((swapped | {tag: Element(tag, vr, b"3 ")}).items()))))
    check(written(FIRST, FIRST.elements | {0x00200013: Element(0x00200013, vr, b"4 ")}))


def test_file_meta_information_that_says_something_twice() -> None:
    data = written(FIRST, FIRST.elements)
    place = data.index(b"\2\0\x13\0")
    twice = data[:place] + data[place : place + 18] + data[place:]
    for file in (twice, twice, data):
        check(file)


def test_what_tells_of_somebody_is_no_sibling_s_even_where_it_might_vary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siblings, "VARYING_VRS", frozenset({"LO", "SH", "PN", "IS"}))
    monkeypatch.setattr(siblings, "SOURCES", frozenset())
    monkeypatch.setattr(siblings, "FIXED_GROUPS", frozenset())
    for keyword, value in (("AccessionNumber", "CHEST77"), ("StudyID", "12345678"), ("OperatorsName", "Chest^Axial")):
        siblings.forget()
        for number, each in enumerate(("", value, value, "", value), 1):
            more: dict[str, Any] = {keyword: each}
            check(as_bytes(identified_ct(number, **more)))


def test_nothing_planted_is_left_in_what_was_done_alike(hits: list[bool]) -> None:
    for number in range(1, 6):
        content = check(as_bytes(identified_ct(number))).content
        assert content is not None
        header = content[: -16 * 16 * 2]
        assert not [word for word in PLANTED if word.encode() in header]
    assert hits[2::2] == [True] * 4


def test_a_name_among_numbers_keeps_the_file_back_as_ever() -> None:
    """A number that reads as a word of the patient's: the last look finds it in a file done alike as well."""

    def with_offset(value: bytes) -> bytes:
        element = Element(0x00189328, "FD", value)
        return written(FIRST, dict(sorted((FIRST.elements | {element.tag: element}).items())))

    for value in (b"\0" * 8, b"\1" * 8, b"Gildong "):
        outcome = check(with_offset(value))
    assert (outcome.status, outcome.reason) == ("refused", "residual")


def test_what_rules_ask_for_never_varies() -> None:
    asked = (
        0x00080005, 0x00080008, 0x00080016, 0x00080064, 0x0020000D, 0x0020000E, 0x00100010, 0x00100020, 0x00100030,
        0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
        0x00280301, 0x00280302, 0x00080050, 0x00080090, 0x00290010, 0x7FE00010, 0x60000010, 0x00120062,
    )  # fmt: skip
    vrs = ("CS", "UI", "IS", "US", "DA", "LO", "PN", "UN", "DS", "OB")
    assert not [tag for tag in asked for vr in vrs if may_vary(Element(tag, vr, b"1"), FIRST.elements)]


def test_private_elements_vary_where_the_standard_lists_none_of_their_maker_as_safe() -> None:
    listed = {0x00190010: Element(0x00190010, "LO", b"SIEMENS MR HEADER"), 0x00291055: Element(0x00291055, "OB", b"1")}
    element = Element(0x0019100C, "IS", b"1")
    assert not may_vary(element, listed)
    assert not may_vary(listed[0x00291055], listed)
    assert may_vary(element, {0x00190010: Element(0x00190010, "LO", b"A MAKER")})
    assert not may_vary(element._replace(vr="PN"), {0x00190010: Element(0x00190010, "LO", b"A MAKER")})


def test_what_is_remembered_is_little_and_shows_nothing() -> None:
    for number in range(3 * MOST_SIBLINGS):
        check(as_bytes(identified_ct(1, series=number + 1, size=64)))
    assert len(siblings._SIBLINGS) == MOST_SIBLINGS
    for sibling in siblings._SIBLINGS:
        assert not [word for word in PLANTED if word in repr(sibling) + repr(sibling.stretches)]
        assert sibling.instance.elements[0x7FE00010].value == b""
        assert all(isinstance(element.value, bytes) for element in sibling.instance.elements.values())


def test_a_series_without_likeness_is_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[siblings.Sibling] = []
    keep: Callable[..., None] = siblings._keep

    def told(sibling: siblings.Sibling, *former: siblings.Sibling) -> None:
        kept.append(sibling)
        keep(sibling, *former)

    monkeypatch.setattr(siblings, "_keep", told)
    for number in range(30):
        check(as_bytes(identified_ct(number + 1, SeriesDescription="CHEST " + "AP" * number)))
    remembered_alone = 30  # each of them was also done alone, where nothing was remembered yet
    assert len(kept) == MOST_SIBLINGS + remembered_alone


def test_the_unchanged_pixels_of_a_sibling_are_never_used() -> None:
    for number in (1, 2, 3):
        dataset = identified_ct(number, PixelData=bytes([number]) * 512)
        content = check(as_bytes(dataset)).content
        assert content is not None
        assert content.endswith(bytes([number]) * 512)


def test_pixels_of_another_length_or_kind() -> None:
    whole = as_bytes(identified_ct(1))
    check(whole)
    for data in (whole[:-2], whole + b"\0\0", whole + bytes(8), whole + b"\1" * 8, whole[:-520], whole[:200]):
        check(data)
    longer = FIRST.elements[0x7FE00010]
    check(written(FIRST, FIRST.elements))
    check(written(FIRST, FIRST.elements | {0x7FE00010: longer._replace(value=bytes(longer.value) + b"Hong")}))
    check(written(FIRST, FIRST.elements | {0x7FE00010: longer._replace(vr="OB")}))


def test_an_identity_of_the_study_is_searched_for_in_what_is_done_alike(hits: list[bool]) -> None:
    known = identity_of({0x00100010: Element(0x00100010, "PN", b"Chest^Lung")})
    told = [check(as_bytes(identified_ct(number)), identity=known) for number in (1, 2)]
    assert hits[2]
    assert "CHEST" not in {word for outcome in told for text in outcome.texts for word in text.split()}


def test_outcomes_share_what_is_equal() -> None:
    first, second = (deidentify_bytes(as_bytes(identified_ct(number)), profile=PROFILE, key=KEY) for number in (1, 2))
    assert second.decisions is first.decisions
    assert second.texts is first.texts
    assert replace(second, content=None) != replace(first, content=None)
