"""Journals become numbers once each, in any order, whatever dies in between."""

import itertools
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from firstlight.visits import actions, journal
from firstlight.visits.actions import close_days, count, fold, replay
from firstlight.visits.keys import forget, key_of
from firstlight.visits.models import Day, Journal, Request, Tally
from firstlight.visits.queries import Scope, by_country, by_day, by_group, by_item, counts_of, late_requests, views_of
from firstlight.visits.rules.counting import MEASURES, day_numbers
from firstlight.visits.rules.lines import Event, line_of
from firstlight.visits.rules.requests import Kind

DAY = date(2031, 3, 1)
NOON = datetime(2031, 3, 1, 3, 0, tzinfo=UTC)  # in Seoul
GROUP = "outbreak:x"


def event(second: int, visitor: str = "a", item: str = "case:1", *, day: date = DAY, kind: Kind = Kind.VIEW) -> Event:
    return Event(day, second, kind, visitor * 24 if visitor else "", "KR", item, GROUP)


def held() -> Counter[tuple[object, ...]]:
    """Every number that is held, but for zeros."""
    return Counter(
        {
            (row.day, row.group, row.item, row.country, measure): getattr(row, measure)
            for row in Tally.objects.filter(is_replayed=False)
            for measure in MEASURES
            if getattr(row, measure)
        }
    )


def expected(events: list[Event]) -> Counter[tuple[object, ...]]:
    numbers: Counter[tuple[object, ...]] = Counter()
    for day in {each.day for each in events}:
        for cell, number in day_numbers([each for each in events if each.day == day]).items():
            if number:
                numbers[day, cell.thing.group, cell.thing.item, cell.country, cell.measure] = number
    return numbers


some_events = st.lists(
    st.builds(
        Event,
        day=st.sampled_from([DAY, DAY + timedelta(days=1)]),
        second=st.integers(0, 300),
        kind=st.just(Kind.VIEW),
        visitor=st.sampled_from(["", "a" * 24, "b" * 24]),
        country=st.just("KR"),
        item=st.sampled_from(["case:1", "case:2", "page:home"]),
        group=st.sampled_from([GROUP, ""]),
    ),
    max_size=24,
)


class InAnyOrder(TestCase):  # type: ignore[misc]
    """The numbers don't depend on when and in which order requests are counted."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(events=some_events, cuts=st.lists(st.integers(0, 24), max_size=4))
    def test_counting_in_pieces_is_counting_at_once(self, events: list[Event], cuts: list[int]) -> None:
        edges = [0, *sorted(cuts), len(events)]
        for start, end in itertools.pairwise(edges):
            with transaction.atomic():
                count(events[start:end])
        assert held() == expected(events)


def write(*events: Event) -> None:
    for each in events:
        journal.write(folder(), each.day, line_of(each))


def folder() -> Path:
    from django.conf import settings

    return Path(settings.VISITS)


@pytest.mark.django_db
def test_lines_are_counted_once_however_often_they_are_folded() -> None:
    write(event(0), event(20), event(100), event(100, "b"), event(0, "", kind=Kind.ROBOT))
    assert [fold(at=NOON) for _time in range(3)] == [5, 0, 0]
    write(event(110), event(500))
    assert fold(at=NOON) == 2
    totals = views_of(Scope(DAY))
    assert (totals.views, totals.visitors, totals.double_clicks, totals.robots) == (4, 2, 2, 1)
    assert views_of(Scope(DAY, item="case:1")) == views_of(Scope(DAY, group=GROUP)) == totals


@pytest.mark.django_db
def test_a_fold_that_fails_leaves_everything_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    write(event(0), event(100))

    def fail(_rows: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(actions, "_save", fail)
        with pytest.raises(DatabaseError):
            fold(at=NOON)
    assert (Tally.objects.count(), Request.objects.count(), Journal.objects.count()) == (0, 0, 0)
    fold(at=NOON)
    assert views_of(Scope(DAY)).views == 2


@pytest.mark.django_db
def test_a_long_journal_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal.read, "__kwdefaults__", {"most": 200})
    write(*(event(100 * number) for number in range(40)))
    assert fold(at=NOON) == 40
    assert views_of(Scope(DAY)).views == 40


@pytest.mark.django_db
def test_a_journal_goes_once_its_owner_has_gone_and_it_was_read() -> None:
    write(event(0))
    fold(at=NOON)
    assert len(journal.journals(folder())) == 1, "its owner lives"
    write(event(100))
    journal.close_mine()
    fold(at=NOON)
    assert (journal.journals(folder()), Journal.objects.count()) == ([], 0)
    assert views_of(Scope(DAY)).views == 2
    assert list(folder().iterdir()) == []


@pytest.mark.django_db
def test_what_a_killed_process_wrote_is_counted(settings: Any) -> None:
    program = f"""
import os, sys
from datetime import date
from pathlib import Path
from firstlight.visits import journal
for number in range(50):
    line = b"2031-03-01 %d v %s KR case:1 -\\n" % (number * 100, b"a" * 24)
    journal.write(Path({str(folder())!r}), date(2031, 3, 1), line)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    fold(at=NOON)
    assert views_of(Scope(DAY)).views == 50
    assert journal.journals(folder()) == []


@pytest.mark.django_db
def test_damage_is_told_by_number_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    write(event(0))
    journal.write(folder(), DAY, b"\0" * 50 + b"\n")
    write(event(100))
    journal.write(folder(), DAY, b"2031-03-01 7 v aaaa")
    journal.close_mine()
    fold(at=NOON)
    assert views_of(Scope(DAY)).views == 2
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["1", "1"]
    assert journal.journals(folder()) == []


@pytest.mark.django_db
def test_a_line_cut_short_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    write(event(0))
    real = journal.os.write
    monkeypatch.setattr(journal.os, "write", lambda file, line: real(file, line[:5]))
    with pytest.raises(OSError, match="cut short"):
        write(event(100))
    monkeypatch.undo()
    write(event(200))
    journal.close_mine()
    fold(at=NOON)
    assert views_of(Scope(DAY)).views == 2


@pytest.mark.django_db
def test_keys_go_ten_minutes_after_midnight_and_marks_three_days_later() -> None:
    assert key_of(DAY) == key_of(DAY) != key_of(DAY + timedelta(days=1))
    write(event(0))
    midnight = datetime(2031, 3, 1, 15, 0, tzinfo=UTC)
    fold(at=midnight + timedelta(minutes=9))
    assert Day.objects.get(on=DAY).key is not None
    fold(at=midnight + timedelta(minutes=11))
    assert Day.objects.get(on=DAY).key is None
    assert key_of(DAY) is None
    assert Day.objects.get(on=DAY + timedelta(days=1)).key is not None
    write(event(100))
    fold(at=midnight + timedelta(days=2))
    assert views_of(Scope(DAY)).views == 2, "what was written in time and read late counts"
    fold(at=midnight + timedelta(days=3, hours=1))
    assert not Request.objects.exists()
    write(event(200))
    fold(at=midnight + timedelta(days=3, hours=1))
    assert (views_of(Scope(DAY)).views, late_requests(until=DAY)) == (2, 1)


@pytest.mark.django_db
def test_a_process_that_slept_through_midnight_marks_nobody() -> None:
    key_of(DAY)
    close_days(at=NOON + timedelta(days=1))
    forget(before=date.max)
    assert key_of(DAY) is None


@pytest.mark.django_db
def test_replayed_visits_are_never_mixed_with_real_ones() -> None:
    write(event(0))
    fold(at=NOON)
    for _again in range(2):
        replay([event(0), event(100), event(0, "b", "case:2"), event(0, day=DAY - timedelta(days=300))])
    counts = counts_of(until=DAY)
    assert (counts.counted.views, counts.replayed.views, counts.replayed.visitors) == (1, 4, 3)
    assert counts.replayed.since == DAY - timedelta(days=300)
    assert not Request.objects.filter(item="case:2").exists()


@pytest.mark.django_db
def test_numbers_are_asked_for_by_item_group_day_and_country() -> None:
    with transaction.atomic():
        count(
            [
                event(0),
                event(0, "b", "case:2"),
                event(90, "b", "case:1"),
                event(0, "c", "page:home", day=DAY + timedelta(days=1))._replace(country="", group=""),
            ]
        )
    until = DAY + timedelta(days=1)
    assert [(row.key, row.totals.views, row.totals.visitors) for row in by_item(Scope(until))] == [
        ("case:1", 2, 2), ("case:2", 1, 1), ("page:home", 1, 1),
    ]  # fmt: skip
    assert [row.key for row in by_item(Scope(until, group=GROUP))] == ["case:1", "case:2"]
    assert [(row.key, row.totals.visitors) for row in by_group(Scope(until))] == [(GROUP, 2)]
    assert [(row.key, row.totals.views) for row in by_day(Scope(until))] == [(until, 1), (DAY, 3)]
    assert [(row.key, row.totals.views) for row in by_country(Scope(until))] == [("KR", 3), ("", 1)]
    assert (views_of(Scope(until)).countries, views_of(Scope(until)).visitors) == (1, 3)
    assert views_of(Scope(DAY)).views == 3 and views_of(Scope(until, since=until)).views == 1
    assert views_of(Scope(DAY - timedelta(days=1))).since is None
