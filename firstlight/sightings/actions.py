from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from firstlight.alerts.actions import begin_notice, write_notice
from firstlight.audit.actions import record
from firstlight.delivery.actions import begin_mailing
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.rules.words import Words
from firstlight.imaging.models import Series
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import ContactPoint, Member, Role, Severity
from firstlight.sightings.hooks import uses
from firstlight.sightings.models import Sighting, SightingSeries, Step
from firstlight.sightings.policies import check_can_add_images, check_can_answer_reports, check_can_report
from firstlight.sightings.queries import source_line
from firstlight.sightings.rules import identifiers_in

LANGUAGES = ("ko", "en")


@transaction.atomic
def send_report(*, key: UUID, outbreak: Outbreak | None, by: Member, at: datetime, **fields: Any) -> Sighting:
    """Take a field report in; the same key again gives the report that is there.

    Raises ValidationError, by field, when a text seems to name a patient: nothing of it is kept.
    """
    check_can_report(by)
    found = Sighting.objects.filter(key=key, reported_by=by).first()
    if found:
        return found
    refuse_identifiers(fields)
    sighting = Sighting(
        key=key, outbreak=outbreak, reported_by=by, institution=by.institution, reported_at=at, **fields
    )
    sighting.full_clean()
    sighting.save()
    record("sighting.sent", sighting, by=by, at=at)
    _tell_editors(sighting, at=at)
    return sighting


def refuse_identifiers(fields: dict[str, Any]) -> None:
    """Raises ValidationError for texts that seem to hold a patient's identity, and never repeats them."""
    doubts = {name: identifiers_in(fields.get(name, "")) for name in ("text", "tips")}
    if any(doubts.values()):
        sentence = _("This seems to name a patient (a number, a name or a date of birth). Please write it without.")
        raise ValidationError({name: sentence for name, found in doubts.items() if found})


@transaction.atomic
def add_images(sighting: Sighting, series: Iterable[Series], *, by: Member, at: datetime) -> int:
    """Add stored series to one's own report, each once; gives how many were new."""
    check_can_add_images(by, sighting)
    there = set(sighting.series.values_list("pk", flat=True))
    new = [each for each in series if each.pk not in there]
    SightingSeries.objects.bulk_create(
        SightingSeries(sighting=sighting, series=each, place=len(there) + place) for place, each in enumerate(new)
    )
    if new:
        record("sighting.images_added", sighting, by=by, at=at, series=len(new))
    return len(new)


@transaction.atomic
def take_up(sighting: Sighting, *, by: Member, at: datetime) -> Sighting:
    """Say that one is looking at a report; raises PermissionDenied when another editor is."""
    sighting = _locked(sighting, by)
    if sighting.taken_by_id not in {None, by.pk}:
        raise PermissionDenied(_("Another editor has taken this report up."))
    sighting.taken_by, sighting.taken_at = by, at
    return _step(sighting, Step.What.TAKEN, by=by, at=at)


@transaction.atomic
def put_back(sighting: Sighting, *, by: Member, at: datetime) -> Sighting:
    """Let others take it up again."""
    sighting = _locked(sighting, by)
    sighting.taken_by = sighting.taken_at = None
    return _step(sighting, Step.What.RELEASED, by=by, at=at)


@transaction.atomic
def answer_report(sighting: Sighting, *, word: str, by: Member, at: datetime) -> Sighting:
    """Close a report with a word to its author, who is told."""
    return _close(sighting, Step.What.ANSWERED, Sighting.Outcome.ANSWERED, word=word, by=by, at=at)


@transaction.atomic
def close_as_known(sighting: Sighting, *, word: str, by: Member, at: datetime) -> Sighting:
    """Close a report of something that is known already; its author is told where it stands."""
    return _close(sighting, Step.What.REPEATED, Sighting.Outcome.REPEATED, word=word, by=by, at=at)


@transaction.atomic
def use_report(sighting: Sighting, kind: str, *, by: Member, at: datetime) -> str:
    """Begin what a report becomes, and give its address; a report may become several things."""
    sighting = _locked(sighting, by, closed=True)
    use = uses().get(kind)
    if use is None:
        raise ValidationError(_("A field report cannot become this here."))
    url = use.begin(sighting, by, at)
    if sighting.closed_at is None:
        sighting.outcome, sighting.closed_at = Sighting.Outcome.USED, at
    _step(sighting, Step.What.USED, by=by, at=at, kind=kind, url=url)
    _tell_author(sighting, _thanks(), at=at)
    return url


@transaction.atomic
def reopen_report(sighting: Sighting, *, by: Member, at: datetime) -> Sighting:
    """Put a closed report into the queue again."""
    sighting = _locked(sighting, by, closed=True)
    sighting.outcome, sighting.closed_at, sighting.taken_by, sighting.taken_at = "", None, None, None
    return _step(sighting, Step.What.REOPENED, by=by, at=at)


def _locked(sighting: Sighting, by: Member, *, closed: bool = False) -> Sighting:
    check_can_answer_reports(by)
    found = Sighting.objects.select_for_update().get(pk=sighting.pk)
    if found.closed_at is not None and not closed:
        raise ValidationError(_("This field report is closed."))
    return found


def _step(
    sighting: Sighting, what: Step.What, *, by: Member, at: datetime, word: str = "", kind: str = "", url: str = ""
) -> Sighting:
    sighting.save()
    Step.objects.create(sighting=sighting, at=at, by=by, what=what, word=word, kind=kind, url=url)
    record(f"sighting.{what}", sighting, by=by, at=at, kind=kind)
    return sighting


def _close(
    sighting: Sighting, what: Step.What, outcome: Sighting.Outcome, *, word: str, by: Member, at: datetime
) -> Sighting:
    if not word.strip():
        raise ValidationError(_("Write a word to the author."))
    sighting = _locked(sighting, by)
    sighting.outcome, sighting.closed_at = outcome, at
    _step(sighting, what, by=by, at=at, word=word.strip())
    _tell_author(sighting, {each: word.strip() for each in LANGUAGES}, at=at)
    return sighting


def begin_notice_from(sighting: Sighting, by: Member, at: datetime) -> str:
    """Draft a notice from a report, in the language it was written in; an editor makes it one."""
    notice = begin_notice(outbreak=sighting.outbreak, by=by, at=at)
    language = sighting.reported_by.language
    body = "\n\n".join(each for each in (sighting.text, sighting.tips) if each)
    write_notice(notice, by=by, at=at, source=source_line(sighting)[:300], **{f"body_{language}": body})
    return reverse("edit_notice", args=[notice.number])


def _tell_editors(sighting: Sighting, *, at: datetime) -> None:
    editors = ContactPoint.objects.reachable().filter(
        channel=ContactPoint.Channel.EMAIL, member__grants__role=Role.EDITOR
    )
    address = f"{settings.ORIGIN}{reverse('sighting', args=[sighting.pk])}"
    words = {}
    for language in LANGUAGES:
        with translation.override(language):
            subject = _("A field report came in")
            words[language] = (
                subject,
                _("A colleague wrote what they saw. It waits in the queue:") + f"\n\n{address}\n",
            )
    _write(f"sighting:{sighting.pk}", editors, words, at=at)


def _tell_author(sighting: Sighting, words: dict[str, str], *, at: datetime) -> None:
    contacts = ContactPoint.objects.reachable().filter(channel=ContactPoint.Channel.EMAIL, member=sighting.reported_by)
    address = f"{settings.ORIGIN}{reverse('sighting', args=[sighting.pk])}"
    letters = {}
    for language in LANGUAGES:
        with translation.override(language):
            letters[language] = (_("A word on your field report"), f"{words[language]}\n\n{address}\n")
    _write(f"sighting-answer:{sighting.pk}-{sighting.steps.count()}", contacts, letters, at=at)


def _thanks() -> dict[str, str]:
    thanks = {}
    for language in LANGUAGES:
        with translation.override(language):
            thanks[language] = _("Thank you. Your report is being made into something that others will read.")
    return thanks


def _write(
    reference: str, contacts: Iterable[ContactPoint], letters: dict[str, tuple[str, str]], *, at: datetime
) -> None:
    addressees = [Addressee(each.member_id, each.pk, each.channel, each.member.language, at) for each in contacts]
    if addressees:
        begin_mailing(
            reference=reference,
            topic="",
            severity=Severity.ADVISORY,
            wordings=[
                Words(ContactPoint.Channel.EMAIL, language, subject, text)
                for language, (subject, text) in letters.items()
            ],
            at=at,
            addressees=addressees,
        )
