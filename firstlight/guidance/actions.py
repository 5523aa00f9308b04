"""The verbs of guidelines: written, reviewed and published by two people, put under review by their evidence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from firstlight.alerts.actions import add_link, begin_notice, write_notice
from firstlight.alerts.models import Notice
from firstlight.audit.actions import record
from firstlight.delivery.actions import write_letter
from firstlight.guidance.models import Authorship, Doubt, Draft, GuidelineVersion, LivingGuideline
from firstlight.guidance.policies import (
    check_can_change,
    check_can_publish,
    check_can_settle,
    check_can_write_guidelines,
)
from firstlight.guidance.queries import checked, guideline_in, latest_version
from firstlight.guidance.rules.comparing import changes_between
from firstlight.guidance.rules.guideline import Guideline
from firstlight.guidance.rules.inputs import Words
from firstlight.guidance.rules.rehearsing import Rehearsal
from firstlight.guidance.rules.starting import adapted, next_version, skeleton
from firstlight.guidance.rules.telling import notice_words
from firstlight.guidance.shipped import shipped
from firstlight.literature.actions.watching import end_watch, keep_watch
from firstlight.literature.models import Watch
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member


@transaction.atomic
def begin_guideline(
    outbreak: Outbreak, *, slug: str, title: Words, by: Member, at: datetime, parent: str = "", is_own: bool = True
) -> Draft:
    """Open the first draft of a guideline, from nothing or as an adaptation of one that ships or is in force here.

    Raises ValidationError when the outbreak has one of that slug already.
    """
    day = timezone.localdate(at).isoformat()
    text = adapted(parent, slug, title, day) if parent else skeleton(slug, title, day)
    return _begin(outbreak, slug, text, by=by, at=at, is_own=is_own)


@transaction.atomic
def bring_guideline(outbreak: Outbreak, text: str, *, by: Member, at: datetime, is_own: bool = False) -> Draft:
    """Open the first draft of a guideline from a whole text; raises ValidationError for one that is no guideline."""
    read = checked(text)
    if read.guideline is None:
        raise ValidationError(read.error)
    return _begin(outbreak, read.guideline.slug, text, by=by, at=at, is_own=is_own)


def _begin(outbreak: Outbreak, slug: str, text: str, *, by: Member, at: datetime, is_own: bool) -> Draft:
    check_can_write_guidelines(by)
    if outbreak.guidelines.filter(slug=slug).exists():
        raise ValidationError(_("This outbreak has a guideline of that name already."))
    living = LivingGuideline(outbreak=outbreak, slug=slug, is_own=is_own, owner=by, created_at=at)
    living.full_clean()
    living.save()
    return _open_draft(living, None, text, by=by, at=at)


@transaction.atomic
def begin_draft(guideline: LivingGuideline, *, by: Member, at: datetime) -> Draft:
    """Open the next version's draft, which begins as the version in force; one draft at a time."""
    check_can_write_guidelines(by)
    if guideline.drafts.filter(state__in=(Draft.State.DRAFT, Draft.State.IN_REVIEW)).exists():
        raise ValidationError(_("It is being changed already: go on with that draft."))
    base = latest_version(guideline)
    if base is None:
        raise ValidationError(_("Nothing of it has been published yet."))
    return _open_draft(guideline, base, next_version(base.text, timezone.localdate(at).isoformat()), by=by, at=at)


def _open_draft(
    guideline: LivingGuideline, base: GuidelineVersion | None, text: str, *, by: Member, at: datetime
) -> Draft:
    draft = Draft.objects.create(guideline=guideline, base=base, text=text, created_at=at, written_at=at)
    _add_author(draft, by, at=at)
    record("guideline.begun", draft, by=by, at=at, guideline=guideline.slug)
    return draft


@transaction.atomic
def write_draft(draft: Draft, text: str, *, revision: int, by: Member, at: datetime) -> Draft:
    """Keep a draft's text, whatever is still wrong with it; it is a draft again.

    Raises ValidationError when somebody saved after `revision`: nothing of either text is lost.
    """
    _hold(draft)
    check_can_change(by, draft)
    if draft.revision != revision:
        raise ValidationError(_("Somebody else saved it meanwhile. Copy what you wrote, load it again and unite both."))
    draft.text, draft.written_at, draft.state = text.replace("\r\n", "\n"), at, Draft.State.DRAFT
    draft.revision += 1
    draft.save()
    _add_author(draft, by, at=at)
    record("guideline.written", draft, by=by, at=at, revision=draft.revision)
    return draft


@transaction.atomic
def submit_draft(draft: Draft, *, by: Member, at: datetime) -> Draft:
    """Send a draft to a second person; raises ValidationError with everything that keeps it from being published."""
    _hold(draft)
    check_can_change(by, draft)
    if draft.state != Draft.State.DRAFT:
        raise ValidationError(_("It waits for a second person already."))
    _sound(draft)
    draft.state, draft.submitted_by, draft.submitted_at, draft.returned_because = Draft.State.IN_REVIEW, by, at, ""
    draft.save()
    record("guideline.submitted", draft, by=by, at=at)
    return draft


@transaction.atomic
def return_draft(draft: Draft, *, because: str, by: Member, at: datetime) -> Draft:
    """Give a draft in review back to its authors with a reason."""
    _hold(draft)
    check_can_publish(by, draft)
    draft.state, draft.returned_because = Draft.State.DRAFT, because
    draft.full_clean()
    draft.save()
    record("guideline.returned", draft, by=by, at=at)
    return draft


@transaction.atomic
def drop_draft(draft: Draft, *, by: Member, at: datetime) -> Draft:
    """Give a draft up; its text stays in the record."""
    _hold(draft)
    check_can_change(by, draft)
    draft.state = Draft.State.DROPPED
    draft.save()
    record("guideline.dropped", draft, by=by, at=at)
    return draft


@transaction.atomic
def publish_draft(draft: Draft, *, by: Member, at: datetime) -> GuidelineVersion:
    """Put a reviewed draft in force in place of the version before; raises ValidationError for what is wrong."""
    _hold(draft)
    check_can_publish(by, draft)
    guideline = _sound(draft)
    if guideline.effective_from > timezone.localdate(at):
        day = date_format(guideline.effective_from)
        raise ValidationError(_("It takes effect on %(day)s: publish it then, or change the day.") % {"day": day})
    living = draft.guideline
    if draft.submitted_by is None:
        raise ValidationError(_("Only a draft that was sent for review can be published."))
    living.versions.filter(in_force_until__isnull=True).update(in_force_until=at)
    version = GuidelineVersion.objects.create(
        guideline=living,
        number=living.versions.count() + 1,
        document=_outline(guideline),
        text=draft.text,
        in_force_from=at,
        written_by=draft.submitted_by,
        published_by=by,
    )
    draft.state, draft.published_at = Draft.State.PUBLISHED, at
    draft.save()
    _keep_watches(living, guideline, at=at)
    record("guideline.published", version, by=by, at=at, guideline=living.slug, number=version.number)
    return version


def _keep_watches(living: LivingGuideline, guideline: Guideline, *, at: datetime) -> None:
    """Let the society's own recommendations watch for new papers, and end what the version before watched for."""
    if not living.is_own:
        return
    prefix = f"guideline:{living.pk}:"
    kept = {
        f"{prefix}{each.id}:{number}": (each.id, words)
        for each in guideline.recommendations
        for number, words in enumerate(each.watch)
    }
    for key in (
        Watch.objects.filter(key__startswith=prefix, ended_at=None).exclude(key__in=kept).values_list("key", flat=True)
    ):
        end_watch(key, at=at)
    for key, (name, words) in kept.items():
        keep_watch(key, name=f"{name} ({guideline.short.en})", words=words, outbreak=living.outbreak, at=at)


def _outline(guideline: Guideline) -> dict[str, Any]:
    """What lists ask of a version without reading its text."""
    return {
        "title_ko": guideline.title.ko,
        "title_en": guideline.title.en,
        "short_ko": guideline.short.ko,
        "short_en": guideline.short.en,
        "version": guideline.version,
        "recommendations": len(guideline.recommendations),
        "effective_from": guideline.effective_from.isoformat(),
    }


def _sound(draft: Draft) -> Guideline:
    """The draft's guideline; raises ValidationError when anything is wrong with it."""
    read = checked(draft.text)
    if read.guideline is None:
        raise ValidationError(read.error)
    if read.blocks:
        raise ValidationError(_("The checker found gaps, overlaps, contradictions or wrong vignettes: see its list."))
    if read.guideline.slug != draft.guideline.slug:
        raise ValidationError(_("Its slug is part of its address and stays %(slug)s.") % {"slug": draft.guideline.slug})
    _check_is_new(draft, read.guideline)
    return read.guideline


def _check_is_new(draft: Draft, guideline: Guideline) -> None:
    for text in draft.guideline.versions.values_list("text", flat=True):
        if guideline_in(text).version == guideline.version:
            raise ValidationError(
                _("Version %(version)s was published already: raise it.") % {"version": guideline.version}
            )


@transaction.atomic
def draft_notice(version: GuidelineVersion, rehearsal: Rehearsal | None, *, by: Member, at: datetime) -> Notice:
    """Begin the notice to members on a new version: what changed, and whose advice; a second editor approves it."""
    earlier = version.guideline.versions.filter(number=version.number - 1).first()
    old = guideline_in(earlier.text) if earlier else None
    new = guideline_in(version.text)
    changes = changes_between(old, new) if old else []
    notice = begin_notice(outbreak=version.guideline.outbreak, by=by, at=at)
    words = notice_words(new, changes, rehearsal, is_first=old is None)
    write_notice(notice, by=by, at=at, source=new.citation[:300], **words)
    key = f"{version.guideline.outbreak.slug}/{version.guideline.slug}"
    add_link(notice, "guideline", key, by=by, at=at)
    return notice


@transaction.atomic
def raise_doubt(
    guideline: LivingGuideline, recommendation: str, *, kind: str, key: str, title: Words, url: str, at: datetime
) -> Doubt | None:
    """Put a recommendation under review for a piece of evidence and tell its owner; None when it is there already.

    Of new papers the owner is told once, until those that wait have been settled: hundreds can match in a week.
    """
    waits = guideline.doubts.filter(recommendation=recommendation, kind=Doubt.Kind.ARRIVED, settled_at=None).exists()
    doubt, is_new = Doubt.objects.get_or_create(
        guideline=guideline,
        recommendation=recommendation,
        kind=kind,
        key=key[:200],
        defaults={"title_ko": title.ko[:500], "title_en": title.en[:500], "url": url[:500], "raised_at": at},
    )
    if not is_new:
        return None
    record("guideline.doubted", doubt, by="evidence watch", at=at, recommendation=recommendation, kind=kind)
    if kind != Doubt.Kind.ARRIVED or not waits:
        write_letter(guideline.owner, reference=f"doubt:{doubt.pk}", say=lambda: _letter(doubt), at=at)
    return doubt


def _letter(doubt: Doubt) -> tuple[str, str]:
    """Subject and text of the letter to the owner, in the active language."""
    named = {"id": doubt.recommendation or doubt.guideline.slug, "why": doubt.get_kind_display()}
    subject = _("Under review: %(id)s") % named
    text = _("%(id)s is under review: %(why)s.\n\n%(title)s\n%(url)s") % {
        **named,
        "title": doubt.title_en,
        "url": doubt.url,
    }
    return subject, text


@transaction.atomic
def settle_doubt(doubt: Doubt, *, outcome: str, note: str, by: Member, at: datetime) -> Doubt:
    """Say what became of a recommendation under review, and why."""
    check_can_settle(by, doubt.guideline)
    if doubt.settled_at is not None:
        raise ValidationError(_("It is settled already."))
    doubt.outcome, doubt.note, doubt.settled_by, doubt.settled_at = Doubt.Outcome(outcome), note, by, at
    doubt.full_clean()
    doubt.save()
    record("guideline.settled", doubt, by=by, at=at, outcome=doubt.outcome)
    return doubt


def set_up_guideline(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """Begin the outbreak's guideline from what its plan names; only a person writes, so a command begins none."""
    slug = str(plan.get("slug", ""))
    if not slug or not isinstance(by, Member) or outbreak.guidelines.exists():
        return
    title = Words(f"{outbreak.name_ko} 영상검사 권고안", f"Imaging guideline: {outbreak.name_en}")
    day = timezone.localdate(at).isoformat()
    parent = shipped().get(str(plan.get("parent", "")), "")
    text = adapted(parent, slug, title, day) if parent else skeleton(slug, title, day)
    living = LivingGuideline.objects.create(outbreak=outbreak, slug=slug, is_own=True, owner=by, created_at=at)
    _open_draft(living, None, text, by=by, at=at)


def take_back_guideline(outbreak: Outbreak) -> None:
    """Remove the draft that came with an outbreak, while nobody has touched it."""
    outbreak.guidelines.filter(versions__isnull=True, drafts__revision=1).delete()


def _hold(draft: Draft) -> None:
    """Bring a draft up to date with its row, and hold the row until the end of the transaction."""
    draft.refresh_from_db(from_queryset=Draft.objects.select_for_update(of=("self",)))


def _add_author(draft: Draft, member: Member, *, at: datetime) -> None:
    Authorship.objects.get_or_create(draft=draft, member=member, defaults={"first_wrote_at": at})
