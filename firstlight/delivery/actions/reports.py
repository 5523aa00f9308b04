"""Take a carrier's later words: late, twice, in any order, of messages it may not know."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from firstlight.delivery.actions.addresses import DeadAddress, mark_dead_addresses
from firstlight.delivery.models import Attempt, Delivery
from firstlight.delivery.rules.client_ids import read_client_id
from firstlight.delivery.rules.codes import BadCode
from firstlight.delivery.rules.messages import Fate, Report
from firstlight.delivery.rules.states import ENDED, State, after_report

# What is told on the plain way needs no line in the log: the delivery's own row says it.
_PLAIN = frozenset({Fate.ACCEPTED, Fate.DELIVERED})


class _Row(NamedTuple):
    pk: int
    state: str
    carrier_id: str
    contact_id: int | None


class _News(NamedTuple):
    row: _Row
    report: Report
    state: State | None


def take_reports(carrier: str, reports: Sequence[Report], *, at: datetime, about: int | None = None) -> list[Report]:
    """Let each report change what it may, and give back those whose message is not known (yet).

    A report is known by our signed id, by the carrier's own, or, when it names neither, by `about`: the delivery
    that the call's address was signed for.
    """
    with transaction.atomic():
        found, unknown = _match(carrier, reports, about)
        states = {row.pk: row.state for row, _ in found}
        news = [_read(row, report, states) for row, report in found]
        _write(news, at)
        _log(carrier, news, at)
        mark_dead_addresses(_dead(news), at=at)
    return unknown


def _match(
    carrier: str, reports: Sequence[Report], about: int | None
) -> tuple[list[tuple[_Row, Report]], list[Report]]:
    named = [(_named_row(report, about), report) for report in reports]
    by_pk = _rows(pk__in=[pk for pk, _ in named if pk is not None])
    carrier_ids = {report.carrier_id for pk, report in named if pk is None and report.carrier_id}
    by_id = _rows(carrier=carrier, carrier_id__in=carrier_ids) if carrier_ids else {}
    by_carrier_id = {row.carrier_id: row for row in by_id.values()}
    found, unknown = [], []
    for pk, report in named:
        row = by_pk.get(pk) if pk is not None else by_carrier_id.get(report.carrier_id)
        if row is not None:
            found.append((row, report))
        else:
            unknown.append(report)
    return found, unknown


def _rows(**which: object) -> dict[int, _Row]:
    rows = Delivery.objects.select_for_update().filter(**which).order_by("pk")
    return {row[0]: _Row(*row) for row in rows.values_list("pk", "state", "carrier_id", "contact_id")}


def _named_row(report: Report, about: int | None) -> int | None:
    """The row that a report names by our id; an id that we did not sign names none."""
    if report.client_id:
        try:
            return read_client_id(report.client_id, key=settings.SECRET_KEY)
        except BadCode:
            return about
    return about


def _read(row: _Row, report: Report, states: dict[int, str]) -> _News:
    """What a report changes, after those before it in the same batch."""
    state = after_report(State(states[row.pk]), report.fate)
    if state is not None:
        states[row.pk] = state
    return _News(row, report, state)


def _write(news: Iterable[_News], at: datetime) -> None:
    last = {each.row.pk: (each.state, each.report.reason) for each in news if each.state is not None}
    groups: dict[tuple[State, str], list[int]] = defaultdict(list)
    for pk, told in last.items():
        groups[told].append(pk)
    for (state, reason), rows in groups.items():
        ended_at = at if state in ENDED else None
        Delivery.objects.filter(pk__in=rows).update(state=state.value, reason=reason[:200], ended_at=ended_at)


def _log(carrier: str, news: Iterable[_News], at: datetime) -> None:
    Attempt.objects.bulk_create(
        Attempt(delivery_id=each.row.pk, at=at, what=each.report.fate, carrier=carrier, reason=each.report.reason[:200])
        for each in news
        if each.state is not None and each.report.fate not in _PLAIN
    )


def _dead(news: Iterable[_News]) -> list[DeadAddress]:
    return [
        DeadAddress(each.row.contact_id, each.report.reason or each.report.fate)
        for each in news
        if each.report.is_address_dead and each.row.contact_id is not None
    ]
