"""Marked pages are counted, and what is kept of them names nobody."""

import csv
import logging
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from firstlight.visits import hooks, journal
from firstlight.visits.actions import close_days, fold
from firstlight.visits.hooks import Label, register_item_label
from firstlight.visits.models import Day
from firstlight.visits.queries import Scope, views_of
from firstlight.visits.rules.lines import Event
from firstlight.visits.rules.requests import Kind
from tests.visits import crowd, served

urlpatterns = [*served.urlpatterns, path("", include("firstlight.config.urls"))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
ADDRESS = "198.51.100.23"


@pytest.fixture
def reader() -> Client:
    return Client(headers={"user-agent": CHROME}, REMOTE_ADDR=ADDRESS)


def totals(**scope: Any) -> Any:
    now = timezone.now()
    fold(at=now)
    return views_of(Scope(timezone.localdate(now), **scope))


def test_a_marked_page_is_counted_and_no_other(reader: Client) -> None:
    for asked in ("/page/case:1/", "/page/case:1/?on=2020-03-12", "/page/case:2/", "/gone/", "/unmarked/"):
        reader.get(asked)
    reader.head("/page/case:3/")
    reader.get("/page/case:3/", headers={"purpose": "prefetch"})
    reader.get("/page/case:3/", headers={"user-agent": "Googlebot/2.1"})
    reader.get("/page/case:3/", headers={"dnt": "1"})
    found = totals()
    assert (found.views, found.visitors, found.double_clicks) == (2, 1, 1)
    assert (found.robots, found.ahead, found.unmarked) == (1, 1, 1)
    assert totals(item="case:3").views == 0
    assert totals(group=crowd.OUTBREAK).views == 2


def test_two_windows_are_one_visitor_and_two_browsers_are_two(reader: Client) -> None:
    reader.get("/page/case:1/")
    Client(headers={"user-agent": CHROME}, REMOTE_ADDR=ADDRESS).get("/page/case:2/")
    Client(headers={"user-agent": CHROME + " Edition/2"}, REMOTE_ADDR=ADDRESS).get("/page/case:2/")
    assert totals().visitors == 2


def test_nothing_kept_names_anybody(reader: Client, journals: Path, caplog: Any, capfd: Any, settings: Any) -> None:
    settings.PROXIES, settings.COUNTRY_HEADER = 1, "HTTP_CF_IPCOUNTRY"
    caplog.set_level(logging.DEBUG)
    behind = {"x-forwarded-for": "203.0.113.77", "cf-ipcountry": "KR"}
    assert "Set-Cookie" not in reader.get("/page/case:1/", headers=behind).headers
    reader.get("/page/case:1/", headers={"user-agent": "Googlebot/2.1", **behind})
    reader.get("/page/case:1/", headers={"dnt": "1", **behind})
    written = b"".join(each.read_bytes() for each in journals.iterdir()).decode()
    assert written.count("\n") == 3
    fold(at=timezone.now())
    caplog.set_level(logging.WARNING)
    tables = "".join(
        repr(row) for model in ("day", "request", "journal", "tally") for row in _rows(f"SELECT * FROM visits_{model}")
    )
    said = caplog.text + "".join(capfd.readouterr())
    for secret in (ADDRESS, "203.0.113.77", "Chrome", "Mozilla", "Googlebot"):
        assert secret not in written + tables + said + "".join(each.name for each in journals.iterdir())
    assert all((each.stat().st_mode & 0o777) == 0o600 for each in journals.iterdir())
    assert journals.stat().st_mode & 0o777 == 0o700


def _rows(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_forgotten_key_is_nowhere_in_the_database_s_files(reader: Client, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL overwrites in its own time: docs/reference/visits.md says so")
    from django.db.backends.sqlite3.base import DatabaseWrapper

    path_ = tmp_path / "visits.sqlite3"
    other = DatabaseWrapper({**connection.settings_dict, "NAME": str(path_), "TEST": {}}, alias="default")
    _with_files(other, path_)


def _with_files(database: Any, path_: Path) -> None:
    """Make, use and forget a key in a database that is a file with a write-ahead log."""
    from django.db import connections

    kept, connections["default"] = connections["default"], database
    try:
        with database.schema_editor() as editor:
            for model in ("Day", "Request"):
                from django.apps import apps

                editor.create_model(apps.get_model("visits", model))
        now = datetime(2031, 3, 1, 3, 0, tzinfo=UTC)
        key = b"\xf1rst l\xedght of day 1, for a test"
        Day.objects.create(on=now.date(), key=key)
        assert any(key in each.read_bytes() for each in path_.parent.glob("visits.sqlite3*"))
        close_days(at=now + timedelta(days=1))
        assert not any(key in each.read_bytes() for each in path_.parent.glob("visits.sqlite3*"))
    finally:
        database.close()
        connections["default"] = kept


def test_a_full_disk_costs_the_count_and_not_the_page(reader: Client, monkeypatch: Any, caplog: Any) -> None:
    def fail(*_given: object) -> None:
        raise OSError(28, "No space left", "/secret/place")

    monkeypatch.setattr(journal, "write", fail)
    assert reader.get("/page/case:1/").status_code == 200
    assert "A view could not be counted (OSError)" in caplog.text and "place" not in caplog.text


@pytest.fixture
def some_visits(reader: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(hooks, "_finders", {})
    register_item_label("case", lambda keys: {key: Label(f"증례 {key}", f"Case number {key}", "/x/") for key in keys})
    for item in ("case:1", "case:2", "page:home"):
        reader.get(f"/page/{item}/")


@pytest.mark.usefixtures("some_visits")
def test_the_page_shows_numbers_names_and_rules(reader: Client) -> None:
    page = reader.get("/visits/", headers={"accept-language": "en"}).content.decode()
    assert "Case number 1" in page and "page:home" in page and "outbreak:novel-2031" in page
    assert "within 30 seconds" in page and "deleted 10 minutes after midnight" in page
    assert "증례 1" in reader.get("/visits/", headers={"accept-language": "ko"}).content.decode()
    one = reader.get("/visits/?of=case:1", headers={"accept-language": "en"}).content.decode()
    assert "Case number 1" in one and "Case number 2" not in one
    assert reader.get("/visits/?of=outbreak:novel-2031").status_code == 200
    assert reader.get("/visits/?of=<script>").status_code == 404
    before = reader.get("/visits/?on=2020-03-12", headers={"accept-language": "en"}).content.decode()
    assert "Case number 1" not in before


@pytest.mark.usefixtures("some_visits")
def test_the_csv_holds_every_number(reader: Client) -> None:
    answer = reader.get("/visits.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(answer.getvalue().decode())))  # type: ignore[attr-defined]
    sums = {(row["group"], row["item"]): (row["views"], row["visitors"]) for row in rows}
    assert sums == {
        ("", ""): ("3", "1"),
        ("", "page:home"): ("1", "1"),
        ("outbreak:novel-2031", ""): ("2", "1"),
        ("outbreak:novel-2031", "case:1"): ("1", "1"),
        ("outbreak:novel-2031", "case:2"): ("1", "1"),
    }
    assert reader.get("/visits.csv?on=2020-03-12").getvalue().count(b"\n") == 1  # type: ignore[attr-defined]
    assert reader.get("/visits.csv?of=case:1").getvalue().count(b"\n") == 2  # type: ignore[attr-defined]


@pytest.mark.usefixtures("some_visits")
def test_replayed_numbers_stand_apart_on_the_page(reader: Client) -> None:
    from firstlight.visits.actions import replay

    day = datetime(2020, 2, 13, tzinfo=UTC).date()
    replay([Event(day, 1_581_552_000 + 40 * each, Kind.VIEW, "a" * 24, "KR", "case:7", "") for each in range(1234)])
    real = reader.get("/visits/", headers={"accept-language": "en"}).content.decode()
    shown = reader.get("/visits/?source=replay", headers={"accept-language": "en"}).content.decode()
    assert "1,234" not in real and "Case number 7" not in real
    assert "1,234" in shown and "Nobody made these visits" in shown and "Case number 1<" not in shown


def test_a_case_s_own_count_is_one_line(reader: Client) -> None:
    from django.template.loader import render_to_string

    from firstlight.visits.queries import counts_of

    for item in ("case:1", "case:1"):
        reader.get(f"/page/{item}/")
    fold(at=timezone.now())
    counts = counts_of(until=timezone.localdate(), item="case:1")
    line = render_to_string("visits/count.html", {"counts": counts, "name": "case:1"})
    assert "1 view ·" in line and "1 visitor" in line and "/visits/?of=case%3A1" in line and "Replayed" not in line


def test_the_middleware_stands_after_the_clock() -> None:
    order = [each.rpartition(".")[2] for each in site.MIDDLEWARE]
    assert order.index("AsOfMiddleware") < order.index("VisitsMiddleware")
