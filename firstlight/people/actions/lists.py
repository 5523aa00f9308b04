"""Taking a members' list in: looked at first, then written on an administrator's word, a stretch at a time."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from firstlight.audit.actions import record
from firstlight.people.actions.writing import write_matches
from firstlight.people.files import open_list
from firstlight.people.list_store import forget_list, keep_list, list_file
from firstlight.people.models import BadListRow, Member, MemberList
from firstlight.people.policies import check_can_keep_members
from firstlight.people.queries.matching import Match, Terms, find_institutions, match_members
from firstlight.people.rules.lists import BadRow, ListedMember, ListFault, Row, Seen, UnreadableList, read_members
from firstlight.people.rules.tallies import Tally
from firstlight.people.rules.words import plain_word

STRETCH = 1000
FORGOTTEN_AFTER = timedelta(days=30)
STALLED_AFTER = timedelta(minutes=2)
State = MemberList.State
Tell = Callable[[Tally], None]


def import_members(
    path: Path,
    *,
    terms: Terms,
    by: Member | str,
    at: datetime,
    is_rehearsal: bool = False,
    tell: Tell = lambda _tally: None,
    tell_bad: Callable[[BadRow], None] = lambda _row: None,
) -> Tally:
    """Take a file in from the server itself; doing it again changes nothing, so that a broken run is run again.

    A rehearsal writes nothing. Raises UnreadableList for a file that is no members' list.
    """
    check_can_keep_members(by)
    tally, seen, institutions = Tally(), Seen(), find_institutions()
    for stretch, good, unreadable in _stretches(path, seen):
        with transaction.atomic():
            matches, bad = match_members(good, terms=terms, institutions=institutions, seen=seen)
            _count(tally, matches, [*unreadable, *bad], institutions)
            if not is_rehearsal:
                write_matches(matches, terms=terms, institutions=institutions, at=at)
        for each in sorted([*unreadable, *bad], key=lambda row: row.row.line):
            tell_bad(each)
        tally.line = stretch[-1].line
        tell(tally)
    if not is_rehearsal:
        record("members.imported", "members", by=by, at=at, **tally.counts())
    return tally


def _stretches(path: Path, seen: Seen) -> Generator[tuple[list[Row], list[ListedMember], list[BadRow]]]:
    with open_list(path) as rows:
        while stretch := list(islice(rows, STRETCH)):
            good, bad = read_members(stretch, region=settings.COUNTRY, seen=seen)
            yield stretch, good, bad


def _count(tally: Tally, matches: Sequence[Match], bad: Sequence[BadRow], institutions: dict[str, int]) -> None:
    tally.bad += len(bad)
    for match in matches:
        tally.new += match.member is None
        tally.changed += match.member is not None and match.is_change
        tally.unchanged += match.member is not None and not match.is_change
        tally.roles.update(role for role in match.roles if role != "member")
        if match.institution and plain_word(match.institution) not in institutions:
            tally.institutions.setdefault(plain_word(match.institution), match.institution)


@transaction.atomic
def hand_in_list(
    pieces: Iterable[bytes], *, is_vouched: bool, consent_wording: str, by: Member, at: datetime
) -> MemberList:
    """Keep a list and have it looked at in the background; nothing of it is taken in yet."""
    check_can_keep_members(by)
    _forget_old_lists(at)
    row = MemberList.objects.create(
        file=keep_list(pieces),
        handed_in_at=at,
        handed_in_by=by,
        moved_at=at,
        is_vouched=is_vouched,
        consent_wording=consent_wording,
    )
    record("member_list.handed_in", row, by=by, at=at, vouched=is_vouched, consent=consent_wording)
    _enqueue(row)
    return row


@transaction.atomic
def confirm_list(row: MemberList, *, by: Member, at: datetime) -> None:
    """Say that a list which was looked at shall be taken in; raises ValidationError while another one is."""
    check_can_keep_members(by)
    if MemberList.objects.filter(state=State.IMPORTING).exclude(pk=row.pk).exists():
        raise ValidationError(_("Another list is being taken in. Wait until it is done."))
    fresh = {"state": State.IMPORTING, "line": 0, "moved_at": at, "new_count": 0, "changed_count": 0}
    if MemberList.objects.filter(pk=row.pk, state=State.CHECKED).update(unchanged_count=0, **fresh):
        record("member_list.confirmed", row, by=by, at=at)
        _enqueue(row)


@transaction.atomic
def discard_list(row: MemberList, *, by: Member, at: datetime) -> None:
    """Take a list back before it is taken in, or stop where it is; what was taken in stays."""
    check_can_keep_members(by)
    if (
        MemberList.objects.filter(pk=row.pk)
        .exclude(state__in=[State.DONE, State.DISCARDED])
        .update(state=State.DISCARDED, ended_at=at, file="")
    ):
        forget_list(row.file)
        record("member_list.discarded", row, by=by, at=at)


@transaction.atomic
def carry_on(row: MemberList, *, by: Member, at: datetime) -> None:
    """Have a list that stands still worked on again, from where it stopped."""
    check_can_keep_members(by)
    if is_stalled(row, at=at):
        MemberList.objects.filter(pk=row.pk).update(moved_at=at)
        record("member_list.carried_on", row, by=by, at=at, line=row.line)
        _enqueue(row)


def is_stalled(row: MemberList, *, at: datetime) -> bool:
    """Whether the work on a list has not gone forward for two minutes."""
    return row.state in {State.CHECKING, State.IMPORTING} and row.moved_at < at - STALLED_AFTER


def _enqueue(row: MemberList) -> None:
    transaction.on_commit(lambda: work_on_list.enqueue(row.pk))


def _forget_old_lists(at: datetime) -> None:
    """Addresses in lists are kept no longer than they are of use."""
    for row in MemberList.objects.filter(handed_in_at__lt=at - FORGOTTEN_AFTER).exclude(state=State.IMPORTING):
        forget_list(row.file)
        row.bad_rows.all().delete()
        MemberList.objects.filter(pk=row.pk).update(file="", institutions=[])


@task()
def work_on_list(pk: int) -> None:
    """Look a list through, or take it in, as its state says; run again, it goes on where it stopped."""
    row = MemberList.objects.select_related("handed_in_by").filter(pk=pk).first()
    try:
        if row and row.state == State.CHECKING:
            _check(row)
        elif row and row.state == State.IMPORTING:
            _take_in(row)
    except UnreadableList as error:
        _refuse(pk, error)
    except FileNotFoundError:
        _refuse(pk, UnreadableList(ListFault.INTERRUPTED))


def _refuse(pk: int, error: UnreadableList) -> None:
    now = timezone.now()
    row = MemberList.objects.get(pk=pk)
    MemberList.objects.filter(pk=pk).exclude(state=State.DISCARDED).update(
        state=State.REFUSED, fault=error.fault.value, fault_detail=error.detail[:20], ended_at=now, file=""
    )
    forget_list(row.file)


def _check(row: MemberList) -> None:
    row.bad_rows.all().delete()
    tally, seen, institutions, terms = Tally(), Seen(), find_institutions(), _terms(row)
    with list_file(row.file) as file, closing(_stretches(file, seen)) as stretches:
        for stretch, good, unreadable in stretches:
            matches, bad = match_members(good, terms=terms, institutions=institutions, seen=seen)
            _count(tally, matches, [*unreadable, *bad], institutions)
            tally.line = stretch[-1].line
            with transaction.atomic():
                if not _move(row, State.CHECKING, tally):
                    return
                _keep_bad(row, [*unreadable, *bad])
    MemberList.objects.filter(pk=row.pk, state=State.CHECKING).update(
        state=State.CHECKED,
        last_line=tally.line,
        roles=dict(tally.roles),
        institutions=sorted(tally.institutions.values()),
    )


def _move(row: MemberList, state: str, tally: Tally) -> bool:
    """Write how far it got; False when the list was discarded or someone else works on it."""
    moved = MemberList.objects.filter(pk=row.pk, state=state, line=row.line).update(
        line=tally.line, moved_at=timezone.now(), **{f"{name}_count": count for name, count in tally.counts().items()}
    )
    row.line = tally.line
    return bool(moved)


def _keep_bad(row: MemberList, bad: Iterable[BadRow]) -> None:
    BadListRow.objects.bulk_create(
        [
            BadListRow(
                list=row,
                line=each.row.line,
                complaints=[[one.fault.value, one.detail] for one in each.complaints],
                cells={column.value: text for column, text in each.row.cells.items()},
            )
            for each in bad
        ],
        ignore_conflicts=True,
    )


def _take_in(row: MemberList) -> None:
    """Write the list a stretch at a time, each with the mark of how far it got; what was shown as bad stays out."""
    seen, institutions, terms = Seen(), find_institutions(), _terms(row)
    shown_bad = set(row.bad_rows.values_list("line", flat=True))
    with list_file(row.file) as file, closing(_stretches(file, seen)) as stretches:
        for stretch, good, _unreadable in stretches:
            if stretch[-1].line <= row.line:
                continue
            wanted = [each for each in good if each.row.line not in shown_bad]
            if not _take_stretch(row, stretch, wanted, terms, institutions, seen):
                return
    now = timezone.now()
    if MemberList.objects.filter(pk=row.pk, state=State.IMPORTING).update(state=State.DONE, ended_at=now, file=""):
        forget_list(row.file)
        row.refresh_from_db()
        counts = {"new": row.new_count, "changed": row.changed_count, "bad": row.bad_count}
        record("members.imported", row, by=row.handed_in_by, at=now, **counts)


def _take_stretch(
    row: MemberList,
    stretch: Sequence[Row],
    wanted: Sequence[ListedMember],
    terms: Terms,
    institutions: dict[str, int],
    seen: Seen,
) -> bool:
    """One stretch and the mark after it, together; once more when an address was taken meanwhile."""
    try:
        return _write_stretch(row, stretch, wanted, terms, institutions, seen)
    except IntegrityError:
        institutions.clear()
        institutions.update(find_institutions())
        return _write_stretch(row, stretch, wanted, terms, institutions, seen)


@transaction.atomic
def _write_stretch(
    row: MemberList,
    stretch: Sequence[Row],
    wanted: Sequence[ListedMember],
    terms: Terms,
    institutions: dict[str, int],
    seen: Seen,
) -> bool:
    tally, now = Tally(), timezone.now()
    matches, bad = match_members(wanted, terms=terms, institutions=institutions, seen=seen)
    _count(tally, matches, bad, institutions)
    moved = MemberList.objects.filter(pk=row.pk, state=State.IMPORTING, line=row.line).update(
        line=stretch[-1].line,
        moved_at=now,
        new_count=F("new_count") + tally.new,
        changed_count=F("changed_count") + tally.changed,
        unchanged_count=F("unchanged_count") + tally.unchanged,
        bad_count=F("bad_count") + tally.bad,
    )
    if not moved:
        return False
    write_matches(matches, terms=terms, institutions=institutions, at=now)
    _keep_bad(row, bad)
    row.line = stretch[-1].line
    return True


def _terms(row: MemberList) -> Terms:
    return Terms(row.is_vouched, row.consent_wording)
