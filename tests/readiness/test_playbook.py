"""The playbooks that ship: complete, sourced, honest about what is not verified, named after no disease."""

import copy
import re

import pytest

from firstlight.readiness.playbook import BadPlaybook, digest_of, documents, read_playbook

RESPIRATORY = read_playbook(documents()["respiratory"])
CONTACT = read_playbook(documents()["contact"])
BOTH = pytest.mark.parametrize("playbook", [RESPIRATORY, CONTACT], ids=["respiratory", "contact"])


def test_the_department_has_forty_four_items_in_eight_groups() -> None:
    assert list(RESPIRATORY.items) == list(range(1, 45))
    assert len(RESPIRATORY.groups) == 8


def test_the_second_playbook_has_nothing_of_the_air() -> None:
    assert RESPIRATORY.rests_on_air
    assert not CONTACT.rests_on_air
    assert set(CONTACT.items) < set(RESPIRATORY.items)
    assert CONTACT.protection is None
    assert not [each for each in CONTACT.disinfection if each.kinds == ("air",)]


@BOTH
def test_what_is_not_verified_asks_for_a_clinician(playbook) -> None:  # type: ignore[no-untyped-def]
    for item in playbook.items.values():
        assert item.needs_sign_off == (item.mark == "M")
        assert (item.mark == "M") == ({source.mark for source in item.sources} == {"M"})


@BOTH
def test_every_text_is_there_in_both_languages(playbook) -> None:  # type: ignore[no-untyped-def]
    things = [playbook, *playbook.groups, *playbook.items.values(), *playbook.zones, *playbook.disinfection]
    for thing in things:
        names = [name[:-3] for name in vars(thing) if name.endswith("_ko")]
        assert names
        for name in names:
            assert re.search(r"[가-힣]", getattr(thing, f"{name}_ko")), thing
            assert not re.search(r"[가-힣]", getattr(thing, f"{name}_en")), thing
            assert getattr(thing, f"{name}_en").strip()


@BOTH
def test_no_item_is_named_after_a_disease(playbook) -> None:  # type: ignore[no-untyped-def]
    for item in playbook.items.values():
        words = f"{item.title_ko} {item.title_en} {item.done_when_ko} {item.done_when_en}"
        assert not re.search(r"covid|corona|코로나|sars|mers|메르스|사스|ebola|에볼라", words, re.IGNORECASE)


def test_the_matrix_says_what_its_source_says() -> None:
    """PMC7245215, table 1."""
    assert RESPIRATORY.protection is not None
    needs = {wear.name_en: "".join(word[0] for word in wear.needs) for wear in RESPIRATORY.protection.equipment}
    assert needs == {
        "Surgical mask": "yynn",
        "N95-class mask": "nnyy",
        "Goggles or face shield": "nnsy",
        "Scrubs": "yyyy",
        "Gloves": "syyy",
        "Work clothes": "yyyy",
        "Isolation gown": "nyen",
        "Medical protective gown": "nney",
        "Cap": "nyyy",
        "Shoe covers": "nnyy",
    }
    zones = {level.name_en: [zone.key for zone in level.zones] for level in RESPIRATORY.protection.levels}
    assert zones == {"General": ["clean"], "Level 1": ["semi"], "Level 2": ["contaminated"], "Level 3": []}


def broken(**change: object) -> dict[str, object]:
    document = copy.deepcopy(documents()["respiratory"])
    document["groups"][0]["items"][0].update(change)
    return document


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"sources": ["nobody"]}, "1: its sources are not listed: nobody"),
        ({"sources": []}, "1: its sources are not listed"),
        ({"mark": "sure"}, "1: the mark is one of"),
        ({"number": 2}, "same number"),
    ],
)
def test_a_playbook_that_cannot_be_used_says_where(change: dict[str, object], word: str) -> None:
    with pytest.raises(BadPlaybook, match=word):
        read_playbook(broken(**change))


def test_other_words_are_another_edition() -> None:
    assert digest_of(broken(title_en="Other words")) != digest_of(documents()["respiratory"])
    assert digest_of(broken()) == digest_of(documents()["respiratory"])
