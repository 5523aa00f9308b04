"""A notice of the tests in each of its states, and members who can be reached."""

from datetime import datetime, timedelta
from typing import Any

from firstlight.alerts import actions
from firstlight.alerts.models import Notice
from firstlight.people.models import ContactPoint, Institution, Member, Role, RoleGrant, Severity
from tests.cast import DAWN, Cast

HOUR = timedelta(hours=1)
WORDS = {
    "title_ko": "첫 환자가 확진되었습니다",
    "title_en": "The first patient is confirmed",
    "sms_ko": "첫 환자 확진. 촬영 전에 발열을 물으십시오.",
    "sms_en": "First patient confirmed. Ask about fever before imaging.",
    "source": "The ministry, 1 March 2031",
}


def draft(cast: Cast, *, at: datetime = DAWN, **fields: Any) -> Notice:
    """Haneul's draft with everything that review asks for; the editors themselves are not reached by it."""
    unreachable(cast.haneul, cast.bora, cast.ara)
    notice = actions.begin_notice(outbreak=cast.outbreak, by=cast.haneul, at=at)
    return actions.write_notice(notice, by=cast.haneul, at=at, **{**WORDS, **fields})


def submitted(cast: Cast, *, at: datetime = DAWN, **fields: Any) -> Notice:
    """The same, waiting for a second person."""
    return actions.submit_notice(draft(cast, at=at, **fields), by=cast.haneul, at=at)


def issued(cast: Cast, *, at: datetime = DAWN, **fields: Any) -> Notice:
    """The same, approved by Bora; Noel can be reached."""
    reachable(cast.noel)
    return actions.approve_notice(submitted(cast, at=at, **fields), by=cast.bora, at=at)


def emergency(cast: Cast, *, at: datetime = DAWN, **fields: Any) -> Notice:
    """An issued emergency that each reader is asked to confirm."""
    return issued(cast, at=at, severity=Severity.EMERGENCY, wants_answer=True, **fields)


def reachable(member: Member, *channels: str, **fields: Any) -> Member:
    """The member with a verified telephone and mailbox, or with these channels alone."""
    unreachable(member)
    for channel in channels or ("sms", "email"):
        address = f"+8210{member.pk:08d}" if channel == "sms" else f"reader{member.pk}@example.org"
        given = {"address": address, "added_at": DAWN, "verified_at": DAWN, **fields}
        ContactPoint.objects.update_or_create(member=member, channel=channel, defaults=given)
    return member


def unreachable(*members: Member) -> None:
    """These members without any address."""
    ContactPoint.objects.filter(member__in=members).delete()


def someone(name: str, *, roles: tuple[str, ...] = ("member",), **fields: Any) -> Member:
    """A member without an account."""
    member = Member.objects.create(name=name, joined_at=DAWN, **fields)
    RoleGrant.objects.bulk_create(RoleGrant(member=member, role=Role(role), granted_at=DAWN) for role in roles)
    return member


def hospital(slug: str) -> Institution:
    """An institution of that name."""
    found, _made = Institution.objects.get_or_create(slug=slug, defaults={"name_ko": f"{slug} 병원", "name_en": slug})
    return found
