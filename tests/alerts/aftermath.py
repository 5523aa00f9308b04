"""Notices and deliveries as they stand after all is done, made directly: what readers' pages are tested on."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.delivery.models import Delivery, Mailing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import ContactPoint, Institution, Member, Severity
from tests.cast import Cast

# Long enough ago that the pages' own clock, which is the machine's, is past it.
NOON = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def outbreak_of_the_past(cast: Cast) -> Outbreak:
    """The outbreak of the tests, switched on long before any notice of these tests."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=NOON - 30 * DAY)
    return Outbreak.objects.get(pk=cast.outbreak.pk)


def issue(cast: Cast, *, at: datetime = NOON, **fields: Any) -> Notice:
    """A notice that Haneul wrote, Bora approved and the society issued."""
    number = Notice.objects.count() + 1
    written = {
        "kind": Notice.Kind.UPDATE if "follows" in fields else Notice.Kind.ALERT,
        "outbreak": cast.outbreak,
        "severity": Severity.WARNING,
        "title_ko": f"{number}번 알림: 마스크를 쓰고 촬영하십시오",
        "title_en": f"Notice {number}: wear a mask while imaging",
        "sms_ko": "원인 불명 폐렴 환자 발생. 마스크 착용 후 촬영. {notice}",
        "sms_en": "Pneumonia of unknown cause. Wear a mask while imaging. {notice}",
        "body_ko": "환자 **세 명**이 확인되었습니다.\n\n- 마스크를 쓰십시오.",
        "body_en": "**Three** patients are confirmed.\n\n- Wear a mask.",
        "source": "Public health agency, 1 March",
    }
    return Notice.objects.create(
        number=number,
        state=Notice.State.ISSUED,
        created_at=at - timedelta(hours=1),
        created_by=cast.haneul,
        written_at=at - timedelta(hours=1),
        submitted_at=at - timedelta(minutes=30),
        submitted_by=cast.haneul,
        approved_at=at,
        approved_by=cast.bora,
        issued_at=at,
        **{**written, **fields},
    )


def cancel(cast: Cast, notice: Notice, *, at: datetime, **fields: Any) -> Notice:
    """The cancellation of a notice."""
    words = {"title_ko": "앞선 알림을 취소합니다", "title_en": "The earlier notice is cancelled"}
    return issue(cast, at=at, follows=notice, kind=Notice.Kind.CANCEL, **{**words, **fields})


def institution(slug: str) -> Institution:
    """An institution of the tests."""
    names = {"name_ko": f"{slug} 병원", "name_en": f"{slug} Hospital"}
    return Institution.objects.get_or_create(slug=slug, defaults=names)[0]


def members(count: int, *, start: int = 0, at: Institution | None = None) -> list[Member]:
    """That many members, each with an address on both channels."""
    joined_at = NOON - 30 * DAY
    made = Member.objects.bulk_create(
        [
            Member(
                name=f"Member {each}", email=f"m{each}@example.org", joined_at=joined_at, institution=at, password="!"
            )
            for each in range(start, start + count)
        ],
        batch_size=5000,
    )
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(member=each, channel=channel, address=address, added_at=joined_at, verified_at=joined_at)
            for each in made
            for channel, address in (("email", str(each.email)), ("sms", f"+8210{each.pk:08d}"))
        ],
        batch_size=5000,
    )
    return made


def mailing(notice: Notice, *, number: int = 1, state: str = "done") -> Mailing:
    """A round of a notice's sending."""
    begins_at = notice.issued_at or timezone.now()
    return Mailing.objects.create(
        reference=notice.reference,
        topic=notice.topic,
        severity=notice.severity,
        round=number,
        state=state,
        created_at=begins_at,
        starts_at=begins_at,
        addressed_at=begins_at,
    )


def deliver(
    sent: Mailing,
    people: Iterable[Member],
    channel: str,
    state: str,
    *,
    after: int = 5,
    ended_after: int | None = None,
    **fields: Any,
) -> list[Delivery]:
    """One delivery to each, handed over and ended so many seconds after the mailing began."""
    is_sent = state in {"sent", "delivered", "failed", "expired", "unknown"}
    ended_at = sent.starts_at + timedelta(seconds=ended_after) if ended_after is not None else None
    return Delivery.objects.bulk_create(
        [
            Delivery(
                mailing=sent,
                member=each,
                channel=channel,
                language=each.language,
                state=state,
                due_at=sent.starts_at,
                sent_at=sent.starts_at + timedelta(seconds=after) if is_sent else None,
                ended_at=ended_at,
                **{"carrier": "console", **fields},
            )
            for each in people
        ],
        batch_size=5000,
    )


def confirm(notice: Notice, people: Iterable[Member], *, after: int, how: str = "link") -> None:
    """These members' word that they read it, `after` seconds after its issue."""
    moment = (notice.issued_at or NOON) + timedelta(seconds=after)
    Acknowledgement.objects.bulk_create(
        [Acknowledgement(notice=notice, member=each, at=moment, how=how) for each in people], batch_size=5000
    )
