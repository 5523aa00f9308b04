"""Bring a file of papers in: stretch by stretch, so that it can be stopped anywhere and goes on where it was."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path

from django.db import transaction

from firstlight.audit.actions import record
from firstlight.literature.actions.rows import give_room
from firstlight.literature.actions.screening import put_before_editors
from firstlight.literature.actions.taking_in import Counts, take_in
from firstlight.literature.models import Arrival
from firstlight.literature.rules.record import Fault, PaperRecord, Read
from firstlight.literature.sources.choosing import beginning_of, kind_of, opened, read_from
from firstlight.outbreaks.models import Outbreak

AT_ONCE = 2000
MOST_FAULTS_KEPT = 100

Tell = Callable[[int, int], None]
"""(records done, bytes of the file read)"""


class UnknownForm(ValueError):
    """A file that no reader knows."""


@dataclass
class Outcome:
    """What came of a file: how many of what, and what could not be read."""

    counts: Counts = field(default_factory=Counts)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    read: int = 0
    went_on_after: int = 0
    was_known: bool = False


def import_file(
    path: Path,
    *,
    outbreak: Outbreak | None = None,
    again: bool = False,
    by: str,
    at: datetime,
    tell: Tell = lambda _done, _read: None,
) -> Outcome:
    """Take in every record of a file; raises UnknownForm when it is none that can be read.

    A file that was stopped goes on where it was; one that is in already is not read unless `again`.
    """
    kind = kind_of(beginning_of(path))
    if not kind:
        raise UnknownForm
    arrival = _arrival(path, kind, outbreak, at, again=again)
    outcome = Outcome(went_on_after=arrival.place)
    if arrival.ended_at is not None:
        outcome.was_known = True
        return outcome
    give_room()
    with opened(path) as (stream, file):
        for stretch in _stretches(read_from(kind, stream, arrival.place)):
            _take_stretch(stretch, arrival, outcome, outbreak, at)
            tell(arrival.place, file.tell())
    _end(arrival, outcome, by, at)
    return outcome


def _arrival(path: Path, kind: str, outbreak: Outbreak | None, at: datetime, *, again: bool) -> Arrival:
    """The file's own row: the same file again goes on where it was, unless it shall be read from its beginning."""
    with path.open("rb") as stream:
        content = file_digest(stream, "sha256").digest()
    digest = sha256(content + (outbreak.slug if outbreak else "").encode()).hexdigest()
    told = {"name": path.name[:400], "began_at": at}
    arrival, _is_new = Arrival.objects.get_or_create(source=kind, digest=digest, defaults=told)
    if again:
        arrival.place, arrival.ended_at = 0, None
    return arrival


def _stretches(read: Iterator[Read]) -> Iterator[list[Read]]:
    while stretch := list(islice(read, AT_ONCE)):
        yield stretch


@transaction.atomic
def _take_stretch(
    stretch: list[Read], arrival: Arrival, outcome: Outcome, outbreak: Outbreak | None, at: datetime
) -> None:
    """One stretch and how far the file is read, both or neither."""
    records = [each for each in stretch if isinstance(each, PaperRecord)]
    faults = [each for each in stretch if isinstance(each, Fault)]
    taken = take_in(records, at=at)
    if outbreak is not None:
        put_before_editors(taken.papers, outbreak=outbreak, at=at)
    outcome.counts += taken.counts
    outcome.read += len(stretch)
    outcome.fault_count += len(faults)
    outcome.faults += faults[: MOST_FAULTS_KEPT - len(outcome.faults)]
    arrival.place += len(stretch)
    arrival.save(update_fields=["place"])


def _end(arrival: Arrival, outcome: Outcome, by: str, at: datetime) -> None:
    arrival.ended_at = at
    arrival.counts = {**asdict(outcome.counts), "faults": outcome.fault_count}
    arrival.save(update_fields=["ended_at", "counts"])
    record("papers.imported", arrival, by=by, at=at, **arrival.counts)
