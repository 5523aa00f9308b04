"""What is done by the clock after messages have left."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery

from firstlight.delivery.actions.mailings import stop_waiting
from firstlight.delivery.models import Attempt, Delivery, Mailing
from firstlight.people.models import ContactPoint

TOO_LATE = "expired before it could leave"
SILENCE = "no word from the carrier"
# A mailing whose text messages ended longer ago than this is not followed by an e-mail any more.
FALLBACK_REACHES_BACK = timedelta(days=5)
ROWS_AT_ONCE = 1000


def expire_rows(at: datetime) -> int:
    """End what waits of mailings that stand no longer."""
    waiting = Delivery.objects.filter(state=Delivery.State.CREATED, mailing__in=_ending().filter(expires_at__lte=at))
    return waiting.update(state=Delivery.State.EXPIRED, ended_at=at, reason=TOO_LATE)


def _ending() -> models.QuerySet[Mailing]:
    return Mailing.objects.filter(state__in=(Mailing.State.SENDING, Mailing.State.PAUSED))


def stop_stragglers(at: datetime) -> int:
    """End what came back to waiting while its mailing was being stopped."""
    stopped = Mailing.objects.filter(state=Mailing.State.STOPPED, finished_at__gte=at - timedelta(days=1))
    return sum(stop_waiting(mailing, at) for mailing in stopped)


def finish_mailings(at: datetime) -> int:
    """Call those done that are written out and of which nothing waits."""
    waits = Delivery.objects.filter(mailing=OuterRef("pk"), state__in=(Delivery.State.CREATED, Delivery.State.SENDING))
    ready = Mailing.objects.filter(state=Mailing.State.SENDING, addressed_at__isnull=False, starts_at__lte=at)
    return ready.filter(~Exists(waits)).update(state=Mailing.State.DONE, finished_at=at)


def settle_unknown(at: datetime) -> int:
    """Admit that nobody knows what became of text messages whose carrier kept silent too long."""
    silent = Delivery.objects.filter(
        state=Delivery.State.SENT,
        channel=ContactPoint.Channel.SMS,
        sent_at__lte=at - settings.DELIVERY_UNKNOWN_AFTER,
    )
    return silent.update(state=Delivery.State.UNKNOWN, ended_at=at, reason=SILENCE)


def fall_back(at: datetime) -> int:
    """Write an e-mail row for each member whose text message did not arrive and who gets no e-mail of that mailing."""
    return sum(_fall_back(mailing, at) for mailing in _falling_back(at))


def _falling_back(at: datetime) -> models.QuerySet[Mailing]:
    """Those that still stand and have words for an e-mail."""
    return Mailing.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at),
        falls_back=True,
        state__in=(Mailing.State.SENDING, Mailing.State.DONE),
        starts_at__gte=at - FALLBACK_REACHES_BACK,
        wordings__channel=ContactPoint.Channel.EMAIL,
    ).distinct()


def _fall_back(mailing: Mailing, at: datetime) -> int:
    rows = [_email_row(mailing, *row, at) for row in _undelivered(mailing)]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        done = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.DONE)
        done.update(state=Mailing.State.SENDING, finished_at=None)
    return len(rows)


def _undelivered(mailing: Mailing) -> models.QuerySet[Delivery, tuple[int, int, str, int]]:
    """Text messages that ended badly: row, member, language, and the e-mail address that is left to try."""
    ended = Delivery.objects.filter(
        mailing=mailing,
        channel=ContactPoint.Channel.SMS,
        state__in=(Delivery.State.FAILED, Delivery.State.EXPIRED, Delivery.State.UNKNOWN),
        member__isnull=False,
    )
    written = Delivery.objects.filter(mailing=mailing, member=OuterRef("member"), channel=ContactPoint.Channel.EMAIL)
    mailbox = ContactPoint.objects.reachable().filter(member=OuterRef("member"), channel=ContactPoint.Channel.EMAIL)
    tried = ended.filter(~Exists(written)).annotate(mailbox=Subquery(mailbox.values("pk")[:1]))
    rows = tried.filter(mailbox__isnull=False).order_by("pk")
    return rows.values_list("pk", "member_id", "language", "mailbox")[:ROWS_AT_ONCE]


def _email_row(mailing: Mailing, text_id: int, member_id: int, language: str, mailbox: int, at: datetime) -> Delivery:
    return Delivery(
        mailing=mailing,
        member_id=member_id,
        contact_id=mailbox,
        channel=ContactPoint.Channel.EMAIL,
        language=language,
        due_at=at,
        falls_back_for_id=text_id,
    )


def forget(at: datetime) -> int:
    """Drop the log's lines and the carriers' own numbers once they are old; the deliveries themselves stay."""
    long_ago = at - settings.DELIVERY_LOG_KEPT
    lines, _ = Attempt.objects.filter(at__lt=long_ago).delete()
    numbered = Delivery.objects.filter(sent_at__lt=long_ago).exclude(carrier_id="")
    return lines + numbered.exclude(state=Delivery.State.SENDING).update(carrier_id="")
