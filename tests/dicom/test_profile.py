import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.dicom.dates import pooled_age, shifted
from firstlight.dicom.profile import CLASSES, DEFAULT, OPTION_NAMES, Profile, by_type, read_data, type_of
from firstlight.dicom.profile.generate import OPTIONS
from firstlight.dicom.profile.page import PAGE, page
from firstlight.dicom.words import cleaned


def test_every_row_of_the_table_has_a_decision_and_a_reason():
    rows = read_data("rows.json")["rows"]
    assert len(rows) == 621
    for row in rows:
        assert row["reason"].endswith(".")
        if len(row["tag"]) == 8 and "x" not in row["tag"]:
            assert Profile.load().rule(int(row["tag"], 16)).action in "XZDUKCS"


def test_the_basic_profile_alone_is_the_tables_own_column():
    basic = Profile.load([])
    for row in read_data("rows.json")["rows"]:
        if len(row["tag"]) == 8 and "x" not in row["tag"]:
            assert basic.rule(int(row["tag"], 16)).action in row["basic"].replace("U*", "U").split("/")


def test_nothing_is_kept_that_a_row_removes():
    listed = {row["tag"] for row in read_data("rows.json")["rows"]}
    kept = [tag for group in read_data("kept.json").values() for tags in group.values() for tag in tags]
    texts = [row["tag"] for row in read_data("kept_text.json")["kept"]]
    assert not listed & {*kept, *texts}
    assert len(kept) == len({*kept})
    assert len(texts) == len({*texts})


@given(st.integers(0, 0xFFFFFFFF))
def test_unknown_private_and_graphic_tags_go(tag):
    profile = Profile.load()
    if tag not in profile.rules:
        assert profile.rule(tag).action == "X"
    assert profile.rule(tag | 0x10000).action == "X"
    assert profile.rule(0x60000000 | tag & 0x00FEFFFF).action == "X"


def test_combined_actions_by_type():
    assert [by_type("X/Z/D", kind) for kind in (3, 2, 1, 0)] == ["X", "Z", "D", "D"]
    assert [by_type("X/Z", kind) for kind in (3, 2, 1, 0)] == ["X", "Z", "Z", "Z"]
    assert [by_type("X/Z/U*", kind) for kind in (3, 2, 1)] == ["X", "Z", "U"]


def test_options():
    assert Profile.load().options == DEFAULT
    for code in OPTION_NAMES:
        assert code in Profile.load([code]).options
    with pytest.raises(ValueError, match="no de-identification option"):
        Profile.load(["1"])
    with pytest.raises(ValueError, match="exclude"):
        Profile.load(["113106", "113107"])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("CHEST ROUTINE 1.25mm LUNG B70f", "CHEST ROUTINE 1.25mm LUNG B70f"),
        ("CT CHEST W/O CONTRAST", "CT CHEST W/O CONTRAST"),
        ("ROUTINE CHEST NON-CON", "ROUTINE CHEST NON-CON"),
        ("Thorax  1.0  B70f", "Thorax  1.0  B70f"),
        ("흉부CT 저선량흉부 홍길동", "흉부CT 저선량흉부"),
        ("Hong Gildong chest PA", "chest PA"),
        ("CHEST 850101-1234567 120kV", "CHEST 120kV"),
        ("흉부 CT 010-1234-5678", "흉부 CT"),
        ("김철수", ""),
        ("2020.01.20 chest", "chest"),
        ("", ""),
    ],
)
def test_descriptions_keep_their_clinical_words(text, after):
    assert cleaned(text, "imaging") == after


@given(st.text(max_size=60), st.sampled_from(["imaging", "makers", "models", "kernels", "versions", "labels"]))
def test_cleaning_twice_changes_nothing_more(text, vocabulary):
    once = cleaned(text, vocabulary)
    assert cleaned(once, vocabulary) == once
    assert len(once) <= len(text)


@given(st.text(alphabet="0123456789- .", min_size=6, max_size=20), st.sampled_from(["imaging", "makers", "filters"]))
def test_no_long_run_of_digits_survives(number, vocabulary):
    digits = "".join(part for part in cleaned(number, vocabulary) if part.isdigit())
    assert digits == "" or digits not in number.replace(" ", "").replace("-", "") or len(digits) < 6 or "." in number


@given(st.dates(), st.integers(-3652, -1))
def test_dates_move_by_days_in_every_form(day, days):
    for form in ("%Y%m%d", "%Y.%m.%d", "%Y%m%d120000.5+0900"):
        text = day.strftime(form).zfill(len("20200101") if form == "%Y%m%d" else 0)
        if day.year < 1000 or day.toordinal() + days < 366000:
            continue
        moved = type(day).fromordinal(day.toordinal() + days)
        assert shifted(text, days) == moved.strftime(form)


def test_partial_moments_keep_their_precision():
    assert shifted("2020", -366) == "2018"
    assert shifted("202003", -31) == "202001"
    assert shifted("202003+0900", -31) == "202001+0900"
    assert shifted("20200230", -1) == ""
    assert shifted("00010101", -1) == ""
    assert shifted("", -1) == ""


def test_ages_over_89_are_pooled_in_every_unit():
    assert [pooled_age(age) for age in ("089Y", "090Y", "120Y", "012M", "999D")] == [
        "089Y",
        "090Y",
        "090Y",
        "012M",
        "999D",
    ]


def test_the_table_is_the_standards_own(shared_data):
    table = json.loads((shared_data / "deid/ps3_15/confidentiality_profile_attributes.json").read_text("utf-8"))
    rows = {row["tag"]: row for row in read_data("rows.json")["rows"]}
    assert len(rows) == len(table) == 621
    for row in table:
        tag = "odd" if "ODD" in row["tag"] else row["tag"].strip("()").replace(",", "").replace("X", "x")
        ours = rows[tag]
        assert ours["basic"] == row["basicProfile"]
        assert ours["options"] == {code: row[column] for column, code in OPTIONS.items() if column in row}


def test_every_kind_of_object_says_what_type_its_attributes_have():
    objects = read_data("objects.json")
    kinds = [sop_class for group in ("judged", "doubtful", "derived", "plain") for sop_class in objects[group]]
    assert len(kinds) == len({*kinds}) > 140
    assert not {*kinds} & {sop_class for classes in objects["refused"].values() for sop_class in classes}
    for sop_class in kinds:
        assert type_of(0x00200011, 0, sop_class) in (0, 1, 2, 3)
        assert type_of(0x00100020, 0, sop_class) in (1, 2)


def test_combined_actions_are_always_one_that_the_type_bears():
    for row in read_data("rows.json")["rows"]:
        if "/" not in row["basic"]:
            continue
        for parent in read_data("types.json")["types"].get(row["tag"], {}):
            rule = Profile.load([]).rule(int(row["tag"], 16), int(parent, 16), CLASSES + "2")
            assert rule.action in row["basic"].replace("U*", "U").split("/")
            assert rule.kind != 1 or rule.action in "DUZ"
            assert rule.kind != 1 or "D" not in row["basic"] or rule.action == "D"


def test_the_page_says_what_the_tables_say():
    assert PAGE.read_text("utf-8") == page()
