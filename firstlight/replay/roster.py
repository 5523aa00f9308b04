"""The society's members in a replay: nobody, in a number that makes a send worth watching."""

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path

from django.db import transaction

from firstlight.people.models import Consent, ContactPoint, Institution, Member, Role, RoleGrant, Severity
from firstlight.replay.script import KOREA_2020, moment, read_toml

WORDING = "replay"
Channel = ContactPoint.Channel


@transaction.atomic
def enlist_roster(*, folder: Path = KOREA_2020) -> int:
    """Add the members who are only reached, some by phone alone; once there, they stay as they are."""
    raw = read_toml(folder / "people.toml")
    roster = raw["roster"]
    at = moment(read_toml(folder / "outbreak.toml")["activated_on"], 8)
    if Member.objects.filter(name=roster["name"].format(number=1)).exists():
        return 0
    institutions = list(Institution.objects.filter(slug__in=[each["key"] for each in raw["institutions"]]))
    size: int = roster["members_an_institution"] * len(institutions)
    people = Member.objects.bulk_create(
        _person(number, institutions[number % len(institutions)], roster, at) for number in range(size)
    )
    RoleGrant.objects.bulk_create(RoleGrant(member=each, role=Role.MEMBER, granted_at=at) for each in people)
    contacts = [
        contact
        for number, person in enumerate(people)
        for contact in _contacts(number, person, first_phone=int(roster["first_phone"]), at=at)
    ]
    ContactPoint.objects.bulk_create(contacts)
    Consent.objects.bulk_create(
        Consent(member=each.member, channel=each.channel, is_given=True, at=at, how=Consent.How.IMPORT, wording=WORDING)
        for each in contacts
    )
    return size


def _person(number: int, institution: Institution, roster: Mapping[str, str], at: datetime) -> Member:
    has_mail = number % 11 != 0
    member = Member(
        email=roster["email"].format(number=number + 1) if has_mail else None,
        name=roster["name"].format(number=number + 1),
        language="en" if number % 17 == 0 else "ko",
        institution=institution,
        joined_at=at,
    )
    member.set_unusable_password()
    return member


def _contacts(number: int, member: Member, *, first_phone: int, at: datetime) -> list[ContactPoint]:
    """A mailbox and a phone; every eleventh has the phone alone, every thirteenth the mailbox alone."""
    addresses = {}
    if member.email:
        addresses[Channel.EMAIL] = member.email
    if not member.email or number % 13 != 0:
        addresses[Channel.SMS] = f"+{first_phone + number}"
    sleeps = number % 5 == 0
    return [
        ContactPoint(
            member=member,
            channel=channel,
            address=address,
            added_at=at,
            verified_at=at,
            verified_how=ContactPoint.Verified.SOCIETY,
            least_severity=Severity.ADVISORY if channel == Channel.SMS else Severity.INFORMATION,
            quiet_from=time(22) if sleeps and channel == Channel.SMS else None,
            quiet_until=time(7) if sleeps and channel == Channel.SMS else None,
        )
        for channel, address in addresses.items()
    ]
