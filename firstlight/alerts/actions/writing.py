"""Begin a notice, write it, let it point at things, send it for review."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from firstlight.alerts.models import Authorship, Notice, NoticeLink
from firstlight.alerts.policies import check_can_approve, check_can_change, check_can_write_notices
from firstlight.alerts.queries.checks import Check, checks_of
from firstlight.alerts.queries.desk import next_number, untouched_drafts
from firstlight.alerts.queries.targets import target_of
from firstlight.alerts.rules.standing import proposed_expiry
from firstlight.audit.actions import record
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Severity

CARRIED_OVER = ("severity", "urgency", "certainty", "source", "wants_answer", "audience", "is_exercise")
WORDS = tuple(f"{field}_{language}" for field in ("title", "sms", "body") for language in ("ko", "en"))


@transaction.atomic
def begin_notice(
    *,
    outbreak: Outbreak | None,
    by: Member,
    at: datetime,
    kind: str = Notice.Kind.ALERT,
    follows: Notice | None = None,
) -> Notice:
    """Open a draft with the next number; an update or a cancellation begins with the words of what it follows.

    Raises ValidationError when there is nothing to follow, or it has been followed already.
    """
    check_can_write_notices(by)
    _check_can_follow(kind, follows, at=at)
    notice = Notice(
        kind=kind,
        follows=follows,
        outbreak=follows.outbreak if follows else outbreak,
        created_by=by,
        created_at=at,
        written_at=at,
    )
    if follows is not None:
        _carry_over(follows, notice)
    notice.expires_at = proposed_expiry(notice.severity, kind=kind, at=at)
    _save_numbered(notice)
    _add_author(notice, by, at=at)
    if follows is not None:
        _carry_links(follows, notice)
    record("notice.begun", notice, by=by, at=at, kind=kind, follows=follows.number if follows else None)
    return notice


def _save_numbered(notice: Notice) -> None:
    """Save under the next number; when another editor began in the same moment, under the one after theirs."""
    try:
        with transaction.atomic():
            notice.number = next_number()
            notice.save()
    except IntegrityError:
        notice.number = next_number()
        notice.save()


def _check_can_follow(kind: str, follows: Notice | None, *, at: datetime) -> None:
    if (kind == Notice.Kind.ALERT) != (follows is None):
        raise ValidationError(_("An update or a cancellation follows a notice, and nothing else does."))
    if follows is None:
        return
    if not Notice.objects.issued(at).filter(pk=follows.pk).exists():
        raise ValidationError(_("Only a notice that went out can be followed."))
    if follows.followers.filter(state=Notice.State.ISSUED).exists():
        raise ValidationError(_("It has been followed already: follow the newest one."))
    if follows.kind == Notice.Kind.CANCEL:
        raise ValidationError(_("A cancellation is the end: write a new notice."))


def _carry_over(earlier: Notice, notice: Notice) -> None:
    for field in CARRIED_OVER:
        setattr(notice, field, getattr(earlier, field))
    if notice.kind == Notice.Kind.UPDATE:
        for field in WORDS:
            setattr(notice, field, getattr(earlier, field))
        return
    notice.title_ko, notice.title_en = earlier.title_ko, earlier.title_en
    notice.sms_ko = f"알림 {earlier.number}호를 취소합니다: {earlier.title_ko}"
    notice.sms_en = f"Notice {earlier.number} is cancelled: {earlier.title_en}"
    notice.urgency, notice.wants_answer = Notice.Urgency.PAST, False


def _carry_links(earlier: Notice, notice: Notice) -> None:
    NoticeLink.objects.bulk_create(
        NoticeLink(
            notice=notice,
            kind=link.kind,
            key=link.key,
            title_ko=link.title_ko,
            title_en=link.title_en,
            place=link.place,
        )
        for link in earlier.links.all()
    )


@transaction.atomic
def write_notice(notice: Notice, *, by: Member, at: datetime, **fields: Any) -> Notice:
    """Change a notice's words and settings; it is a draft again. Raises ValidationError by field."""
    hold(notice)
    check_can_change(by, notice)
    for name, value in fields.items():
        setattr(notice, name, value)
    notice.full_clean()
    _rewritten(notice, by, at=at)
    record("notice.written", notice, by=by, at=at, fields=sorted(fields))
    return notice


@transaction.atomic
def add_link(notice: Notice, kind: str, key: str, *, by: Member, at: datetime) -> NoticeLink:
    """Let a notice point at a thing of a registered kind, or at an address; pointing twice is pointing once.

    Raises ValidationError when nothing of that kind has this key.
    """
    hold(notice)
    check_can_change(by, notice)
    target = target_of(kind, key, at=at)
    if target is None:
        raise ValidationError(_("Nothing is found there. Write a whole address, as in https://example.org/, or a DOI."))
    link, is_new = NoticeLink.objects.get_or_create(
        notice=notice,
        kind=kind,
        key=target.key,
        defaults={
            "title_ko": target.title_ko[:300],
            "title_en": target.title_en[:300],
            "place": (notice.links.aggregate(last=Max("place"))["last"] or 0) + 1,
        },
    )
    if is_new:
        _rewritten(notice, by, at=at)
        record("notice.link_added", notice, by=by, at=at, kind=kind)
    return link


@transaction.atomic
def remove_link(link: NoticeLink, *, by: Member, at: datetime) -> None:
    """Let a notice no longer point there."""
    notice = link.notice
    hold(notice)
    check_can_change(by, notice)
    link.delete()
    _rewritten(notice, by, at=at)
    record("notice.link_removed", notice, by=by, at=at, kind=link.kind)


@transaction.atomic
def submit_notice(notice: Notice, *, by: Member, at: datetime) -> Notice:
    """Send a draft to the other editors; raises ValidationError with everything that keeps it from going out."""
    hold(notice)
    check_can_change(by, notice)
    if notice.state != Notice.State.DRAFT:
        raise ValidationError(_("It waits for a second person already."))
    refuse(checks_of(notice, at=at))
    notice.state, notice.submitted_by, notice.submitted_at = Notice.State.IN_REVIEW, by, at
    notice.returned_because = ""
    notice.save()
    record("notice.submitted", notice, by=by, at=at)
    return notice


@transaction.atomic
def return_notice(notice: Notice, *, by: Member, at: datetime, because: str) -> Notice:
    """Give a notice in review back to its authors with a reason."""
    hold(notice)
    check_can_approve(by, notice)
    notice.state, notice.returned_because = Notice.State.DRAFT, because
    notice.full_clean()
    notice.save()
    record("notice.returned", notice, by=by, at=at, because=because)
    return notice


def refuse(checks: list[Check]) -> None:
    """Raise ValidationError with every sentence that blocks."""
    if sentences := [check.whole for check in checks if check.blocks]:
        raise ValidationError(sentences)


def hold(notice: Notice) -> None:
    """Bring a notice up to date with its row, and hold the row until the end of the transaction."""
    notice.refresh_from_db(from_queryset=Notice.objects.select_for_update(of=("self",)))


def _rewritten(notice: Notice, by: Member, *, at: datetime) -> None:
    notice.state, notice.written_at = Notice.State.DRAFT, at
    notice.save()
    _add_author(notice, by, at=at)


def _add_author(notice: Notice, member: Member, *, at: datetime) -> None:
    Authorship.objects.get_or_create(notice=notice, member=member, defaults={"first_wrote_at": at})


def set_up_first_notice(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """Begin the draft of an outbreak's first notice; only a person writes, so a command begins none."""
    words = {name: str(plan.get(name, "")).strip() for name in WORDS}
    if not isinstance(by, Member) or not any(words.values()) or outbreak.notices.exists():
        return
    notice = Notice(outbreak=outbreak, created_by=by, created_at=at, written_at=at, severity=Severity.WARNING, **words)
    notice.expires_at = proposed_expiry(notice.severity, kind=notice.kind, at=at)
    _save_numbered(notice)
    _add_author(notice, by, at=at)
    record("notice.begun", notice, by=by, at=at, kind=notice.kind, follows=None)


def take_back_first_notice(outbreak: Outbreak) -> None:
    """Remove the draft that came with an outbreak, while nobody has touched it."""
    untouched_drafts(outbreak).delete()
