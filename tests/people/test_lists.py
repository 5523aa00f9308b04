"""Reading members' lists: columns, cells, everything that is wrong with a row."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.people.files import open_list
from firstlight.people.models import Role, Specialty
from firstlight.people.rules.addresses import BadEmail, masked, read_email
from firstlight.people.rules.lists import (
    BadRow,
    Fault,
    ListedMember,
    ListFault,
    Row,
    Seen,
    UnreadableList,
    find_columns,
    read_members,
)
from firstlight.people.rules.words import ROLES, SPECIALTIES, Column, meanings
from tests.people.lists import BORA, GOOD, HANEUL, HEADINGS, csv_list, spreadsheet


def read(path: Path) -> tuple[list[ListedMember], list[BadRow]]:
    with open_list(path) as rows:
        return read_members(rows, region="KR")


def row(line: int = 2, **cells: str) -> Row:
    return Row(line, {Column(name): text for name, text in ({"name": "N"} | cells).items()})


def faults(*rows: Row) -> list[tuple[int, str, str]]:
    _good, bad = read_members(rows, region="KR")
    return [(each.row.line, one.fault.value, one.detail) for each in bad for one in each.complaints]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_every_usual_kind_of_csv_says_the_same(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = GOOD if delimiter != "," else [tuple(cell.replace(",", " /") for cell in each) for each in GOOD]
    good, bad = read(csv_list(tmp_path / "list.csv", rows, encoding=encoding, delimiter=delimiter))
    assert bad == []
    assert [(each.name, each.email, each.phone) for each in good] == [
        ("김하늘", "kim@example.org", "+821012345678"),
        ("<b>Bora</b> Lee", "bora@example.org", ""),
        ("이솔", "", "+821098765432"),
    ]
    assert [(each.specialty, each.language, each.roles) for each in good] == [
        ("chest", "ko", ("member",)),
        ("musculoskeletal", "en", ("editor", "reader")),
        ("", "", ()),
    ]
    assert good[0].row.line == 2


def test_a_spreadsheet_says_the_same_even_where_it_made_numbers_of_phones(tmp_path: Path) -> None:
    good, bad = read(spreadsheet(tmp_path / "list.xlsx", [HANEUL, ("이솔", None, 1098765432.0), BORA]))
    assert bad == []
    assert [(each.row.line, each.phone) for each in good] == [(4, "+821012345678"), (5, "+821098765432"), (6, "")]


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    found = faults(row(7, name=" ", email="nobody@", phone="02-123-4567", specialty="x", language="fr", role="king"))
    assert found == [
        (7, "no-name", ""),
        (7, "bad-email", ""),
        (7, "bad-phone", "not-mobile"),
        (7, "unknown-specialty", ""),
        (7, "unknown-language", ""),
        (7, "unknown-role", ""),
    ]
    assert faults(row(3)) == [(3, "no-address", "")]
    assert faults(row(3, name="x" * 121, email="a@b.org", institution="y" * 201)) == [
        (3, "name-too-long", ""),
        (3, "institution-too-long", ""),
    ]


def test_an_address_that_stands_twice_names_the_first_line() -> None:
    rows = [
        row(2, email="a@example.org", phone="010-1111-2222"),
        row(3, email="A@EXAMPLE.ORG"),
        row(4, email="b@example.org", phone="+82 10 1111 2222"),
    ]
    assert faults(*rows) == [(3, Fault.SAME_EMAIL.value, "2"), (4, Fault.SAME_PHONE.value, "2")]


def test_what_was_seen_is_carried_from_stretch_to_stretch() -> None:
    seen = Seen()
    assert read_members([row(2, email="a@example.org")], region="KR", seen=seen)[1] == []
    _good, bad = read_members([row(1002, email="a@example.org")], region="KR", seen=seen)
    assert bad[0].complaints[0].detail == "2"


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["E-Mail", "Full name"], {"email": 0, "name": 1}),
        (["No.", "성명*", "휴대폰 번호(필수)"], {"name": 1, "phone": 2}),
        (["전화번호", "휴대전화", "이름"], {"phone": 1, "name": 2}),
    ],
)
def test_columns_are_found_by_their_usual_names(headings: list[str], expected: dict[str, int]) -> None:
    assert find_columns([(1, headings)]) == (1, expected)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], ListFault.EMPTY),
        ([["이름", "소속"]], ListFault.NO_HEADINGS),
        ([["email", "e-mail"]], ListFault.TWO_COLUMNS),
    ],
)
def test_a_list_without_usable_headings_is_refused(rows: list[list[str]], fault: ListFault) -> None:
    with pytest.raises(UnreadableList) as refusal:
        find_columns(enumerate(rows, start=1))
    assert refusal.value.fault == fault


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ListFault.EMPTY),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ListFault.OLD_SPREADSHEET),
        (b"PK\x03\x04 broken", ListFault.NOT_A_LIST),
        (b"\x00\x01\x02binary", ListFault.NOT_A_LIST),
        (b"name,email\r\n\xff\xfe\xff,x\r\n", ListFault.UNKNOWN_LETTERS),
        (b'name,email\r\nA,"a@b.org' + b"x" * 200_000, ListFault.BROKEN_LINE),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_reason(tmp_path: Path, content: bytes, fault: ListFault) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(UnreadableList) as refusal:
        read(path)
    assert refusal.value.fault == fault


def test_a_zip_that_is_no_spreadsheet_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(UnreadableList):
        read(tmp_path / "list.xlsx")


def test_the_words_mean_what_the_models_know() -> None:
    assert set(SPECIALTIES) == set(Specialty.values)
    assert set(ROLES) == set(Role.values)
    for vocabulary in (SPECIALTIES, ROLES):
        words = [word for each in vocabulary.values() for word in each]
        assert len(words) == len(set(words)) == len(meanings(vocabulary))
    assert len(HEADINGS) == len(Column)


@pytest.mark.parametrize("text", ["Kim@Example.ORG", " kim@example.org ", "ｋｉｍ@example.org"])
def test_one_address_is_kept_in_one_writing(text: str) -> None:
    assert read_email(text) == "kim@example.org"


@pytest.mark.parametrize(
    "text", ["", "kim", "kim@", "@x.org", "kim@x", "k im@x.org", "kim..lee@x.org", "kim@-x.org", "kim@1.2.3.4",
             "kim@x.org\nBcc: y@z.org", "a" * 65 + "@x.org", "<kim@x.org>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadEmail):
        read_email(text)


def test_a_domain_in_hangul_is_kept_as_it_is_sent_to() -> None:
    assert read_email("kim@도메인.한국") == "kim@xn--hq1bm8jm9l.xn--3e0b707e"


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    try:
        kept = read_email(text)
    except BadEmail:
        return
    assert kept.isascii()
    assert read_email(kept) == kept
    assert not any(each.isspace() for each in kept)


@given(st.lists(st.text(max_size=30), min_size=7, max_size=7))
def test_no_cell_breaks_the_reading_of_rows(cells: list[str]) -> None:
    good, bad = read_members([Row(2, dict(zip(Column, cells, strict=True)))], region="KR")
    assert len(good) + len(bad) == 1


def test_a_list_shows_no_whole_address() -> None:
    assert masked("kimhaneul@example.org") == "k•••@example.org"
    assert "1234" not in masked("+821012345678")
