"""Fetch papers from a service, page by page; stopped anywhere, the same question goes on where it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from firstlight.audit.actions import record
from firstlight.literature.actions.importing import MOST_FAULTS_KEPT, Outcome
from firstlight.literature.actions.screening import put_before_editors
from firstlight.literature.actions.taking_in import take_in
from firstlight.literature.models import Arrival
from firstlight.literature.rules.record import Fault, PaperRecord, Read
from firstlight.literature.search.asking import clauses_of, is_met
from firstlight.literature.search.index import text_of
from firstlight.literature.transports.asking import Asker
from firstlight.literature.transports.services import SERVICES, Page, Question, Service
from firstlight.outbreaks.models import Outbreak

Tell = Callable[[int, int | None], None]
"""(records done, how many there are if the service said)"""


def fetch(
    source: str,
    question: Question,
    *,
    outbreak: Outbreak | None = None,
    server: str = "",
    by: str,
    at: datetime,
    tell: Tell = lambda _done, _total: None,
) -> Outcome:
    """Take in what a service answers; raises Unreachable, after which the same call goes on, and TooMany."""
    service = SERVICES[source]
    service = replace(service, address=server.rstrip("/")) if server else service
    arrival = _arrival(source, question, outbreak, at)
    outcome = Outcome(went_on_after=arrival.place, was_known=arrival.ended_at is not None)
    if outcome.was_known:
        return outcome
    # Words are asked of services that know them; what else comes is held against them here.
    words = question.words if source == "medrxiv" else ""
    for page in service.pages(asker(source, service), service.address, question, arrival.cursor, who()):
        _take_page(page, arrival, outcome, words, outbreak, at)
        tell(arrival.place, page.total)
    arrival.ended_at = at
    arrival.save(update_fields=["ended_at"])
    record("papers.fetched", arrival, by=by, at=at, new=outcome.counts.new, read=outcome.read)
    return outcome


def asker(source: str, service: Service) -> Asker:
    """One who asks this service as it wishes to be asked."""
    contact = f" (mailto:{settings.CONTACT})" if settings.CONTACT else ""
    seconds = 0.1 if source == "pubmed" and settings.NCBI_KEY else service.seconds_between
    return Asker(f"Firstlight{contact}", seconds, settings.DATA / "literature")


def who() -> dict[str, str]:
    """Who asks, as E-utilities want to know it."""
    told = {"tool": "firstlight", "email": settings.CONTACT, "api_key": settings.NCBI_KEY}
    return {name: value for name, value in told.items() if value}


def _arrival(source: str, question: Question, outbreak: Outbreak | None, at: datetime) -> Arrival:
    told = f"{source}|{question.words}|{question.since}|{question.until}|{outbreak.slug if outbreak else ''}"
    digest = sha256(told.encode()).hexdigest()
    defaults = {"name": question.words[:400], "began_at": at}
    arrival, _is_new = Arrival.objects.get_or_create(source=f"{source} service", digest=digest, defaults=defaults)
    return arrival


@transaction.atomic
def _take_page(
    page: Page, arrival: Arrival, outcome: Outcome, words: str, outbreak: Outbreak | None, at: datetime
) -> None:
    """One page and where to go on, both or neither."""
    records = [each for each in page.records if isinstance(each, PaperRecord) and _is_wanted(each, words)]
    taken = take_in(records, at=at)
    if outbreak is not None:
        put_before_editors(taken.papers, outbreak=outbreak, at=at)
    outcome.counts += taken.counts
    outcome.read += len(page.records)
    _keep_faults(page.records, outcome)
    arrival.place += len(page.records)
    arrival.cursor = page.cursor
    arrival.save(update_fields=["place", "cursor"])


def _is_wanted(each: PaperRecord, words: str) -> bool:
    return not words or is_met(clauses_of(words), text_of(0, each).whole)


def _keep_faults(records: list[Read], outcome: Outcome) -> None:
    faults = [each for each in records if isinstance(each, Fault)]
    outcome.fault_count += len(faults)
    outcome.faults += faults[: MOST_FAULTS_KEPT - len(outcome.faults)]
