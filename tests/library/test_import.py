"""Cases from a table: good rows become drafts whole, bad ones are told, nothing comes twice."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from firstlight.imaging.actions import receive
from firstlight.imaging.models import Study
from firstlight.library.actions.importing import import_rows
from firstlight.library.models import Case, CaseSheet
from firstlight.library.queries.sheets import rows_of
from firstlight.library.rules.sheets import BadRow, UnreadableSheet, mapping_of, read_authors, read_sheet
from tests.cast import DAWN, Cast
from tests.shipments import ct

HEADINGS = "key,title_en,title_ko,findings_en,certainty,licence,authors,studies,folder,is_synthetic"
NAMES = "Carberry, Josiah <0000-0002-1825-0097>; Hong, Gil-dong (홍길동)"
GOOD = f'a1,"Fever, at last",발열,Haze.,certain,cc-by 4.0,"{NAMES}",,,yes'


def sheet(*rows: str, encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join([HEADINGS, *rows]).encode(encoding)


def judged(content: bytes, cast: Cast) -> tuple[list[int], dict[int, tuple[tuple[str, str], ...]]]:
    read = read_sheet(content)
    good, bad = rows_of(read, mapping_of(read.columns), outbreak=cast.outbreak, has_folder=True)
    return [each.line for each in good], {each.line: each.faults for each in bad}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_row_becomes_a_draft_with_its_authors(cast: Cast, encoding: str) -> None:
    read = read_sheet(sheet(GOOD, encoding=encoding))
    good, bad = rows_of(read, mapping_of(read.columns), outbreak=cast.outbreak, has_folder=True)
    assert bad == []
    [made] = import_rows(good, outbreak=cast.outbreak, by=cast.haneul, at=DAWN)
    case = Case.objects.get()
    assert (made.status, made.number) == ("made", case.number)
    assert (case.title_en, case.title_ko, case.licence, case.state) == ("Fever, at last", "발열", "CC BY 4.0", "draft")
    assert case.is_synthetic and [each.name_ko for each in case.authors.all()] == ["", "홍길동"]
    assert [each.status for each in import_rows(good, outbreak=cast.outbreak, by=cast.haneul, at=DAWN)] == ["there"]
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",No key,,,,,,,,", ("missing", "key")),
        ("b,,,,,,,,,", ("missing", "title_en")),
        ("b,T,,,maybe,,,,,", ("unknown-word", "certainty")),
        ("b,T,,,,my own,,,,", ("unknown-licence", "licence")),
        ('b,T,,,,,"X, Y <0000-0002-1825-0098>",,,', ("bad-orcid", "authors")),
        ('b,T,,,,,"<>",,,', ("bad-author", "authors")),
        ("b,T,,,,,,not-a-uid,,", ("bad-uid", "studies")),
        ("b,T,,,,,,1.2.3,,", ("no-such-study", "studies")),
        ("b,T,,,,,,,../up,", ("bad-folder", "folder")),
        ("b,T,,,,,,,/etc,", ("bad-folder", "folder")),
        ("b,T,,,,,,,,perhaps", ("unknown-word", "is_synthetic")),
        (f"b,{'x' * 201},,,,,,,,", ("too-long", "title_en")),
        ("a1,Same key,,,,,,,,", ("same-key", "key")),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_column_and_the_others_go_on(
    cast: Cast, row: str, fault: tuple[str, str]
) -> None:
    good, bad = judged(sheet(GOOD, row), cast)
    assert (good, bad) == ([2], {3: (fault,)})


def test_every_fault_of_a_row_is_told_at_once(cast: Cast) -> None:
    _good, bad = judged(sheet(",,,,maybe,none,,,,"), cast)
    assert {field for _fault, field in bad[2]} == {"key", "title_en", "certainty", "licence"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00\x01\x02", "unknown-letters"),
        (b"key,title_en\n", "empty"),
        (b"key,key\na,b\n", "two-columns"),
        (b"key\na,b\n", "too-many-cells"),
        (b'key,title_en\n"never ends', "broken-line"),
        (b"PK\x03\x04\0\0", "not-a-table"),
        (b"key\n" + b"a\n" * 501, "too-many-rows"),
        (b"key\n" + b"a" * (10 * 1024 * 1024), "too-large"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSheet) as refused:
        read_sheet(content)
    assert refused.value.reason == reason


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    try:
        assert read_sheet(content).rows
    except UnreadableSheet as refused:
        assert refused.reason


@given(st.text(max_size=60))
def test_no_authors_break_the_reading(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert all(each.family_name for each in read_authors(text))


def test_lines_are_counted_as_an_editor_counts_them(cast: Cast) -> None:
    good, bad = judged(sheet('a,"two\r\nlines",,,,,,,,', "", "b,,,,,,,,,"), cast)
    assert good == [2] and list(bad) == [5]


def test_a_folder_s_images_go_through_the_normal_door(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    for number, content in enumerate(ct(3)):
        (tmp_path / "one" / f"{number}.dcm").write_bytes(content)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "x.dcm").write_bytes(b"no image")
    (tmp_path / "three").mkdir()
    read = read_sheet(sheet("a,A,,,,,,,one,", "b,B,,,,,,,two,", "c,C,,,,,,,three,"))
    good, _bad = rows_of(read, mapping_of(read.columns), outbreak=cast.outbreak, has_folder=True)
    made = list(import_rows(good, outbreak=cast.outbreak, by=cast.haneul, at=DAWN, folder=tmp_path))
    assert [(each.status, each.reason) for each in made] == [
        ("made", ""),
        ("refused", "held-images"),
        ("refused", "no-images"),
    ]
    assert Case.objects.get().series.get().instance_count == 3


def test_a_refused_row_leaves_nothing_half_made(cast: Cast) -> None:
    read = read_sheet(sheet("a,A,,,,,,,,", "b,B,,,,,,,,"))
    good, _bad = rows_of(read, mapping_of(read.columns), outbreak=cast.outbreak, has_folder=True)
    good[0].texts["certainty"] = "no word of ours"
    made = list(import_rows(good, outbreak=cast.outbreak, by=cast.haneul, at=DAWN))
    assert [each.status for each in made] == ["refused", "made"]
    assert Case.objects.get().title_en == "B"


def test_an_editor_maps_looks_and_imports_on_the_pages(cast: Cast, client: Client) -> None:
    list(receive(ct(2), outbreak=cast.outbreak, by=None, at=DAWN))
    uid = Study.objects.get().study_instance_uid
    content = f"번호;제목;영상\r\n1;첫째;{uid}\r\n2;둘째;1.2.3\r\n".encode("cp949")
    assert client.get("/cases/import/").status_code == 302
    client.force_login(cast.noel)
    assert client.get("/cases/import/").status_code == 403
    client.force_login(cast.haneul)
    bad = client.post("/cases/import/", {"file": SimpleUploadedFile("x.csv", b"")})
    assert bad.status_code == 200 and not CaseSheet.objects.exists()
    given = {"file": SimpleUploadedFile("x.csv", content), "outbreak": cast.outbreak.slug}
    address = client.post("/cases/import/", given).headers["Location"]
    assert "0 rows can become cases" in client.get(address).content.decode()
    client.post(address, {"key": "번호", "title_ko": "제목", "studies": "영상", "map": "1"})
    page = client.get(address).content.decode()
    assert "1 row can become a case" in page and "names a study that the depository does not have" in page
    assert not Case.objects.exists()
    done = client.post(address, {"import": "1"}).content.decode()
    assert "/cases/1/edit/" in done
    assert Case.objects.get().title_ko == "첫째" and Case.objects.get().series.count() == 1
    client.post(address, {"import": "1"})
    assert Case.objects.count() == 1


def test_the_command_says_what_it_would_do_and_does_it(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_bytes(b"key,title_en\na,First\n,Second\n")
    base = [sys.executable, "-m", "firstlight.cli"]
    data = ["--data", str(tmp_path / "data")]

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*base, *arguments, *data], capture_output=True, text=True, check=False)

    table = ["case", "import", str(tmp_path), "--csv", str(tmp_path / "cases.csv"), "--by", "a@example.org"]
    assert run(*table).returncode == 2, "nobody there"
    run("member", "add", "--email", "a@example.org", "--name", "A", "--role", "editor")
    tried = run(*table, "--dry-run")
    assert (tried.returncode, json.loads(tried.stdout)) == (3, {"made": 0, "there": 0, "ready": 1, "refused": 1})
    done = run(*table)
    assert json.loads(done.stdout) == {"made": 1, "there": 0, "ready": 0, "refused": 1}
    assert "line 3: missing (key)" in done.stderr
    assert json.loads(run(*table).stdout)["there"] == 1


def test_a_bad_row_repeats_no_cell() -> None:
    assert "secret" not in repr(BadRow(3, (("missing", "key"),)))
