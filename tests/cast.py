"""The people of the tests: always the same few, each with one role, so that a test reads like a scene."""

from datetime import UTC, datetime

from firstlight.outbreaks.actions import activate_outbreak
from firstlight.outbreaks.models import Outbreak
from firstlight.people.actions import add_member, create_token
from firstlight.people.models import Member, Role

DAWN = datetime(2031, 3, 1, 9, 0, tzinfo=UTC)
PASSWORD = "first light of day 1"


class Cast:
    """Haneul and Bora edit, Maru coordinates a site, Sora reads, Ara administers, Noel is a member and no more."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}

    def member(self, name: str, *roles: Role) -> Member:
        """The member of that name, added on first call."""
        if name not in self._members:
            self._members[name] = add_member(
                email=f"{name.lower()}@example.org",
                name=name,
                roles=roles,
                password=PASSWORD,
                language="en",
                by="command:test",
                at=DAWN,
            )
        return self._members[name]

    @property
    def haneul(self) -> Member:
        return self.member("Haneul", Role.MEMBER, Role.EDITOR)

    @property
    def bora(self) -> Member:
        return self.member("Bora", Role.MEMBER, Role.EDITOR)

    @property
    def maru(self) -> Member:
        return self.member("Maru", Role.MEMBER, Role.COORDINATOR)

    @property
    def sora(self) -> Member:
        return self.member("Sora", Role.MEMBER, Role.READER)

    @property
    def ara(self) -> Member:
        return self.member("Ara", Role.MEMBER, Role.ADMINISTRATOR)

    @property
    def noel(self) -> Member:
        return self.member("Noel", Role.MEMBER)

    def everyone(self) -> dict[str, Member | None]:
        """Each role's person by name, and a stranger."""
        people = (self.haneul, self.maru, self.sora, self.ara, self.noel)
        return {**{each.name: each for each in people}, "stranger": None}

    def token(self, member: Member) -> str:
        """A token for this member's program."""
        return create_token(member=member, name="a program of the tests", by=member, at=DAWN)

    @property
    def outbreak(self) -> Outbreak:
        """The one outbreak of the tests."""
        found = Outbreak.objects.filter(slug="novel-2031").first()
        return found or activate_outbreak(
            by=self.ara,
            at=DAWN,
            slug="novel-2031",
            name_ko="2031년 신종 호흡기 감염",
            name_en="Novel infection of 2031",
        )
