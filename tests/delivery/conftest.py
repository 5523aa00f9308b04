"""A post office for tests: members in number, words, a clock, and carriers that do as told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from firstlight.delivery.actions import begin_mailing
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.rules.words import Words
from firstlight.delivery.tasks.lane import Lane
from firstlight.people.models import ContactPoint, Member, Severity
from tests.delivery.carriers import Clock, FakeCarrier

WORDS = [
    Words("sms", "ko", "", "새 소식이 있습니다."),
    Words("sms", "en", "", "There is news."),
    Words("email", "ko", "새 소식", "새 소식이 있습니다."),
    Words("email", "en", "News", "There is news."),
]


class Post:
    """What the tests of sending do again and again."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    @property
    def at(self) -> datetime:
        return self.clock.at

    def members(self, count: int, *channels: str) -> list[Member]:
        """So many more members, each with an address on these channels (both without any)."""
        known = Member.objects.count()
        members = Member.objects.bulk_create(
            Member(email=None, name=f"Member {known + place}", joined_at=self.at) for place in range(count)
        )
        ContactPoint.objects.bulk_create(
            ContactPoint(
                member=each,
                channel=channel,
                address=f"m{each.pk}@example.org" if channel == "email" else f"+8210{each.pk:08d}",
                added_at=self.at,
                verified_at=self.at,
            )
            for each in members
            for channel in channels or ("sms", "email")
        )
        return members

    def addressees(self, members: Sequence[Member], *channels: str) -> list[Addressee]:
        """One row for each of these members' addresses."""
        points = ContactPoint.objects.filter(member__in=members).order_by("pk")
        wanted = [each for each in points if not channels or each.channel in channels]
        return [Addressee(each.member_id, each.pk, each.channel, "ko", self.at) for each in wanted]

    def mailing(self, members: Sequence[Member], *channels: str, **given: Any) -> Mailing:
        """Something sent to them all, its rows written."""
        given.setdefault("reference", f"test:{Mailing.objects.count() + 1}")
        given.setdefault("severity", Severity.ADVISORY)
        given.setdefault("wordings", WORDS)
        return begin_mailing(topic="society", at=self.at, addressees=self.addressees(members, *channels), **given)

    def lane(self, *carriers: FakeCarrier, sender: str = "tests:1", channel: Channel = Channel.SMS) -> Lane:
        """A lane without threads: the test turns it."""
        return Lane(channel, carriers, sender=sender, clock=self.clock, chance=lambda: 0.5)

    def turn(self, lane: Lane, times: int = 1) -> None:
        """What the lane and each thread of its lines do once."""
        for _ in range(times):
            lane.turn()
            for line in lane.lines:
                for seat in line.seats:
                    seat.turn()
            lane.turn()

    def send(self, lane: Lane, *, seconds: float = 0.0, every: float = 1.0) -> None:
        """Turn after turn for so many seconds of the clock, and until a turn brings nothing new."""
        ends_at = self.clock() + seconds
        while True:
            before = sum(len(line.carrier.given) for line in lane.lines)  # type: ignore[attr-defined]
            self.turn(lane)
            if self.clock() < ends_at:
                self.clock.forward(seconds=every)
            elif before == sum(len(line.carrier.given) for line in lane.lines):  # type: ignore[attr-defined]
                return

    def states(self, mailing: Mailing) -> dict[str, int]:
        """How many of its deliveries are in each state."""
        counts: dict[str, int] = {}
        for state in Delivery.objects.filter(mailing=mailing).values_list("state", flat=True):
            counts[state] = counts.get(state, 0) + 1
        return counts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def post(db: None, clock: Clock) -> Post:
    return Post(clock)
