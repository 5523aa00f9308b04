"""The journals' lines become numbers, once each; a day's traces go when the day has gone."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from firstlight.visits import journal
from firstlight.visits.keys import forget
from firstlight.visits.models import Day, Journal, Request, Tally
from firstlight.visits.rules.counting import (
    MEASURES,
    Cell,
    Numbers,
    Requests,
    Thing,
    day_numbers,
    merged,
    numbers_of,
    unmarked_numbers,
)
from firstlight.visits.rules.lines import Event, read_line
from firstlight.visits.rules.visitors import KEY_BYTES

log = logging.getLogger(__name__)

KEY_FORGOTTEN_AFTER = timedelta(minutes=10)
DAYS_OPEN = 3
FOLD_EVERY = timedelta(seconds=5)
# Any number that no other part of the program locks with.
ONE_AT_A_TIME = 0x76_69_73_69_74_73


def fold(*, at: datetime) -> int:
    """Count what this machine's web processes have written since, and forget what is over; how many lines that were."""
    lines = sum(_fold_journal(path) for path in journal.journals(settings.VISITS))
    close_days(at=at)
    return lines


_asked = threading.Lock()
_folded_at: datetime | None = None


def fold_if_due(*, at: datetime) -> None:
    """Count for a page that shows numbers, a few seconds apart at the most in one process."""
    global _folded_at  # noqa: PLW0603 — each process has its own rhythm
    with _asked:
        if _folded_at is not None and timedelta(0) <= at - _folded_at < FOLD_EVERY:
            return
        _folded_at = at
    fold(at=at)


def _fold_journal(path: Path) -> int:
    lines = 0
    # It may be gone: another process has then read it to its end.
    with suppress(FileNotFoundError):
        while _has_more(path) and (read := _fold_part(path)):
            lines += read
        _delete_if_left(path)
    return lines


def _has_more(path: Path) -> bool:
    """Whether there may be work, found out without keeping anybody from the database."""
    return path.stat().st_size > _kept(path).read_bytes


def _kept(path: Path) -> Journal:
    return Journal.objects.filter(name=path.name).first() or Journal(name=path.name)


def _fold_part(path: Path) -> int:
    """Count the next lines of a journal and keep how far that was, both or neither; how many lines there were."""
    with transaction.atomic():
        _wait_for_turn()
        # First the row, then the file: whoever deletes does it the other way round, so that nothing is read twice.
        kept = _kept(path)
        with path.open("rb") as file:
            part = journal.read(file, kept.read_bytes)
        events = [event for line in part.lines if (event := read_line(line)) is not None]
        _tell_damaged(len(part.lines) - len(events))
        count(events)
        kept.read_bytes = part.end
        kept.save()
    return len(part.lines)


def _delete_if_left(path: Path) -> None:
    """Delete a journal that was read to its end and that nobody will write in again."""
    with journal.opened(path) as (file, is_left):
        kept = _kept(path)
        if not is_left or journal.read(file, kept.read_bytes).lines:
            return
        # What remains is a line that its owner died in: no page was sent for that one.
        _tell_damaged(int(path.stat().st_size > kept.read_bytes))
        path.unlink()
        Journal.objects.filter(name=path.name).delete()


def _tell_damaged(lines: int) -> None:
    if lines:
        log.warning("Damaged lines in a journal of views were left out: %d", lines)


def _wait_for_turn() -> None:
    # SQLite's transactions are one at a time from their beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def count(events: Iterable[Event]) -> None:
    """Add requests to the numbers of their days, in whatever order they come; only within a transaction."""
    by_day: defaultdict[date, list[Event]] = defaultdict(list)
    for event in events:
        by_day[event.day].append(event)
    closed = set(Day.objects.filter(on__in=by_day, is_closed=True).values_list("on", flat=True))
    for day, own in by_day.items():
        if day in closed:
            Day.objects.filter(on=day).update(late_requests=F("late_requests") + len(own))
        else:
            _count_day(day, own)


def _count_day(day: date, events: list[Event]) -> None:
    by_visitor: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_visitor[event.visitor].append(event)
    change = unmarked_numbers(by_visitor.pop("", []))
    known = _requests_of(day, by_visitor)
    for visitor, own in by_visitor.items():
        before, country = known.get(visitor, {}), own[0].country
        after = merged(before, own)
        change.update(numbers_of(after, country))
        change.subtract(numbers_of(before, country))
        known[visitor] = after
    _keep_requests(day, events, known)
    _add(day, change)


def _requests_of(day: date, visitors: Iterable[str]) -> dict[str, Requests]:
    """What these visitors are known to have asked for that day."""
    known: dict[str, dict[Thing, dict[int, int]]] = {}
    for each in Request.objects.filter(day=day, visitor__in=list(visitors)):
        things = known.setdefault(each.visitor, {})
        things.setdefault(Thing(each.group, each.item), {})[each.second] = each.times
    return {**known}


def _keep_requests(day: date, events: Iterable[Event], known: Mapping[str, Requests]) -> None:
    new = {(each.visitor, each.country, each.group, each.item, each.second) for each in events if each.visitor}
    Request.objects.bulk_create(
        [
            Request(
                day=day,
                visitor=visitor,
                country=country,
                group=group,
                item=item,
                second=second,
                times=known[visitor][Thing(group, item)][second],
            )
            for visitor, country, group, item, second in sorted(new)
        ],
        update_conflicts=True,
        unique_fields=["day", "visitor", "group", "item", "second"],
        update_fields=["times"],
    )


def _add(day: date, change: Numbers) -> None:
    """Add what has changed to the day's numbers."""
    places = {(cell.thing.group, cell.thing.item, cell.country) for cell, number in change.items() if number}
    kept = {
        (each.group, each.item, each.country): each
        for each in Tally.objects.filter(day=day, is_replayed=False, item__in={item for _group, item, _from in places})
    }
    rows = []
    for group, item, country in sorted(places):
        row = kept.get((group, item, country)) or Tally(day=day, group=group, item=item, country=country)
        for measure in MEASURES:
            added = change[Cell(Thing(group, item), country, measure)]
            setattr(row, measure, getattr(row, measure) + added)
        rows.append(row)
    _save(rows)


def _save(rows: list[Tally]) -> None:
    Tally.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day", "is_replayed", "group", "item", "country"],
        update_fields=list(MEASURES),
    )


def close_days(*, at: datetime) -> None:
    """Forget the keys of days that are over, and after three more days which visitor of a day asked for what."""
    over = timezone.localdate(at - KEY_FORGOTTEN_AFTER, timezone.get_default_timezone())
    forget(before=over)
    if Day.objects.filter(on__lt=over, key__isnull=False).exists():
        _erase_keys(over)
    last = over - timedelta(days=DAYS_OPEN)
    if Day.objects.filter(on__lt=last, is_closed=False).exists():
        with transaction.atomic():
            _wait_for_turn()
            Request.objects.filter(day__lt=last).delete()
            Day.objects.filter(on__lt=last).update(is_closed=True)


def _erase_keys(before: date) -> None:
    """Overwrite the keys, then drop them; in SQLite also from the pages and the log that are left behind."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("PRAGMA secure_delete=ON")
        keys = Day.objects.filter(on__lt=before, key__isnull=False)
        keys.update(key=bytes(KEY_BYTES))
        keys.update(key=None)
        if is_sqlite and not connection.in_atomic_block:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def replay(events: Iterable[Event]) -> None:
    """Show these requests of a replay as its numbers, in place of any that its days had; never mixed with real ones."""
    by_day: defaultdict[date, list[Event]] = defaultdict(list)
    for event in events:
        by_day[event.day].append(event)
    with transaction.atomic():
        Tally.objects.filter(is_replayed=True, day__in=by_day).delete()
        for day, own in by_day.items():
            _save(_rows(day, day_numbers(own)))


def _rows(day: date, numbers: Numbers) -> list[Tally]:
    rows: dict[tuple[Thing, str], Tally] = {}
    for (thing, country, measure), number in numbers.items():
        new = Tally(day=day, is_replayed=True, group=thing.group, item=thing.item, country=country)
        setattr(rows.setdefault((thing, country), new), measure, number)
    return list(rows.values())
