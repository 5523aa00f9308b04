from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.alerts.queries.audience import audience_size, next_rows, read_audience
from firstlight.alerts.rules.cost import price_of
from firstlight.delivery.actions import write_rows
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.counting import Plan, count
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.people.models import Member, Severity, TopicChoice
from tests.alerts.scene import HOUR, draft, hospital, issued, reachable, someone, unreachable
from tests.cast import DAWN, Cast

WEEK = timedelta(days=7)


def mailing_of(notice: Notice, *, turn: int = 1, at: datetime = DAWN) -> Mailing:
    return Mailing.objects.create(
        reference=notice.reference,
        topic=notice.topic,
        severity=notice.severity,
        round=turn,
        created_at=at,
        starts_at=at,
    )


def names(notice: Notice, **mailing: int) -> set[tuple[str, str]]:
    rows, _last = read_audience(mailing_of(notice, **mailing), 0, 1000, DAWN)
    return {(Member.objects.get(pk=row.member_id).name, row.channel) for row in rows}


def test_everyone_who_can_be_reached_gets_it_on_each_channel(cast: Cast) -> None:
    reachable(cast.noel)
    reachable(cast.maru, "sms")
    unreachable(cast.sora)
    assert names(draft(cast)) == {("Noel", "sms"), ("Noel", "email"), ("Maru", "sms")}


@pytest.mark.parametrize(
    "fields",
    [
        {"verified_at": None},
        {"is_wanted": False},
        {"dead_since": DAWN},
        {"least_severity": Severity.WARNING},
    ],
)
def test_an_address_that_is_not_to_be_used_is_not(cast: Cast, fields: dict[str, object]) -> None:
    reachable(cast.noel, "sms", **fields)
    reachable(cast.maru, "sms", least_severity=Severity.ADVISORY)
    assert names(draft(cast, severity=Severity.ADVISORY)) == {("Maru", "sms")}


def test_who_left_the_topic_and_who_left_the_society_get_nothing(cast: Cast) -> None:
    notice = draft(cast)
    for member in (cast.noel, cast.maru, cast.sora):
        reachable(member, "sms")
    TopicChoice.objects.create(member=cast.noel, topic=notice.topic, is_wanted=False)
    TopicChoice.objects.create(member=cast.maru, topic="outbreak:another", is_wanted=False)
    Member.objects.filter(pk=cast.sora.pk).update(is_active=False)
    assert names(notice) == {("Maru", "sms")}


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ({}, {"Chest", "Neuro", "English"}),
        ({"specialties": ["chest"]}, {"Chest"}),
        ({"languages": ["en"]}, {"English"}),
        ({"institutions": ["north", "south"]}, {"Chest", "Neuro"}),
        ({"roles": ["coordinator", "editor"]}, {"Neuro"}),
        ({"institutions": ["north"], "roles": ["coordinator"]}, set()),
    ],
)
def test_an_audience_can_be_narrowed(cast: Cast, audience: dict[str, list[str]], expected: set[str]) -> None:
    reachable(someone("Chest", specialty="chest", institution=hospital("north")), "sms")
    reachable(someone("Neuro", specialty="neuro", institution=hospital("south"), roles=("coordinator",)), "sms")
    reachable(someone("English", language="en"), "sms")
    notice = draft(cast, audience=audience)
    assert {name for name, _channel in names(notice)} == expected
    assert audience_size(notice, at=DAWN).members >= len(expected)


def test_it_is_read_in_chunks_of_whole_members(cast: Cast) -> None:
    members = [reachable(someone(f"Reader {number}")) for number in range(7)]
    mailing = mailing_of(draft(cast))
    seen, after = [], 0
    while True:
        rows, last = read_audience(mailing, after, 3, DAWN)
        if last == after:
            break
        assert len({row.member_id for row in rows}) <= 3
        seen += [(row.member_id, row.channel) for row in rows]
        after = last
    assert sorted(seen) == sorted((member.pk, channel) for member in members for channel in ("sms", "email"))


def test_the_postman_writes_all_of_it(cast: Cast) -> None:
    for number in range(5):
        reachable(someone(f"Reader {number}"))
    notice = issued(cast)
    write_rows(notice.mailings().get(), DAWN)
    assert Delivery.objects.filter(mailing__reference=notice.reference).count() == 12


def test_quiet_hours_put_a_message_off_and_an_emergency_does_not_wait(cast: Cast) -> None:
    night = datetime(2031, 3, 1, 15, 0, tzinfo=UTC)  # midnight in Seoul
    reachable(cast.noel, "sms", quiet_from=time(22), quiet_until=time(7))
    for severity, hours in ((Severity.WARNING, 7), (Severity.EMERGENCY, 0)):
        notice = draft(cast, severity=severity)
        (row,), _last = read_audience(mailing_of(notice, at=night), 0, 10, night)
        assert row.due_at == night + hours * HOUR


def test_quiet_hours_are_those_of_the_member_s_own_clock(cast: Cast) -> None:
    Member.objects.filter(pk=cast.noel.pk).update(time_zone="Europe/Paris")
    reachable(cast.noel, "sms", quiet_from=time(22), quiet_until=time(7))
    notice = draft(cast)
    (row,), _last = read_audience(mailing_of(notice), 0, 10, DAWN)
    assert row.due_at == DAWN, "ten in the morning in Paris"


def had(member: Member, notices: int, *, at: datetime, state: str = "sent") -> None:
    for number in range(notices):
        mailing = Mailing.objects.create(
            reference=f"notice:{9000 + number}", severity=2, round=member.pk, created_at=at, starts_at=at
        )
        Delivery.objects.create(
            mailing=mailing, member=member, channel="sms", language="en", state=state, due_at=at, contact=None
        )


def state_of(notice: Notice, member: Member) -> str:
    rows, _last = read_audience(mailing_of(notice, at=DAWN), 0, 1000, DAWN)
    return next(row.state for row in rows if row.member_id == member.pk)


@pytest.mark.parametrize(
    ("notices", "days_ago", "state", "severity", "fields", "expected"),
    [
        (5, 1, "sent", Severity.ADVISORY, {}, "digest"),
        (4, 1, "sent", Severity.ADVISORY, {}, "created"),
        (5, 8, "sent", Severity.ADVISORY, {}, "created"),
        (5, 1, "digest", Severity.ADVISORY, {}, "created"),
        (9, 1, "sent", Severity.WARNING, {}, "created"),
        (1, 1, "sent", Severity.INFORMATION, {"weekly_cap": 1}, "digest"),
        (9, 1, "sent", Severity.INFORMATION, {"weekly_cap": 20}, "created"),
        (9, 1, "sent", Severity.INFORMATION, {"digest": "none"}, "created"),
        (2, 1, "sent", Severity.INFORMATION, {"digest": "none", "weekly_cap": 2}, "digest"),
    ],
)
def test_who_had_their_week_s_notices_finds_the_next_in_the_digest(
    cast: Cast,
    notices: int,
    days_ago: int,
    state: str,
    severity: Severity,
    fields: dict[str, object],
    expected: str,
) -> None:
    reachable(cast.noel)
    Member.objects.filter(pk=cast.noel.pk).update(**fields)
    had(cast.noel, notices, at=DAWN - timedelta(days=days_ago), state=state)
    notice = draft(cast, severity=severity)
    assert state_of(notice, cast.noel) == expected
    assert audience_size(notice, at=DAWN).kept == (1 if expected == "digest" else 0)


def test_a_cap_of_none_at_all_keeps_everything_that_does_not_press(cast: Cast) -> None:
    reachable(cast.noel)
    Member.objects.filter(pk=cast.noel.pk).update(weekly_cap=0)
    assert state_of(draft(cast), cast.noel) == "digest"
    assert audience_size(draft(cast), at=DAWN).kept == 1


def test_a_member_without_a_mailbox_is_not_put_off_to_a_digest(cast: Cast) -> None:
    reachable(cast.noel, "sms")
    had(cast.noel, 9, at=DAWN - timedelta(days=1))
    assert state_of(draft(cast), cast.noel) == "created"


def test_a_repetition_goes_to_those_who_have_not_confirmed(cast: Cast) -> None:
    notice = issued(cast)
    reachable(cast.maru, "sms")
    Acknowledgement.objects.create(notice=notice, member=cast.noel, at=DAWN, how="link")
    assert names(notice, turn=2) == {("Maru", "sms")}


def test_its_size_says_who_is_reached_how_and_what_it_costs(cast: Cast, settings: object) -> None:
    settings.CARRIERS = {  # type: ignore[attr-defined]
        "sms": ["console://?plan=korean&price_sms=9.9&price_lms=30&currency=KRW"],
        "email": ["console://"],
    }
    for number in range(3):
        reachable(someone(f"Korean {number}"), "sms")
    reachable(someone("English", language="en"))
    unreachable(cast.noel)
    notice = draft(cast, sms_en="Ask about fever. " * 8)
    size = audience_size(notice, at=DAWN)
    assert size.members == Member.objects.count()
    assert size.unreachable == size.members - 4
    assert {(each.channel, each.language): (each.people, each.parts, each.cost) for each in size.shares} == {
        ("sms", "ko"): (3, 3, pytest.approx(29.7)),
        ("sms", "en"): (1, 1, 30.0),
        ("email", "en"): (1, 1, None),
    }
    assert size.cost == pytest.approx(59.7)
    assert size.currency == "KRW"


def test_without_a_price_no_cost_is_claimed(cast: Cast) -> None:
    reachable(cast.noel)
    assert audience_size(draft(cast), at=DAWN).cost is None


@pytest.mark.parametrize(
    ("url", "text", "price"),
    [
        ("console://?plan=korean&price_sms=10", "확진", 10.0),
        ("console://?plan=korean&price_sms=10&price_lms=30", "확진 " * 40, 30.0),
        ("console://?plan=korean&price_sms=10", "확진 " * 40, None),
        ("console://?plan=international&price_part=7.5", "확진 " * 40, 15.0),
    ],
)
def test_the_price_of_one_message(url: str, text: str, price: float | None) -> None:
    terms = CarrierUrl.parse(url).terms
    assert price_of(count(text, plan=Plan(terms.plan)), terms) == price


@given(st.integers(1, 12), st.lists(st.sampled_from([("sms",), ("email",), ("sms", "email")]), max_size=12))
def test_chunks_of_any_size_hold_every_row_once(limit: int, channels: list[tuple[str, ...]]) -> None:
    """On rows in memory: the same cut as on the database."""

    class Rows(list[tuple[int, ...]]):
        def filter(self, member_id__gt: int) -> "Rows":
            return Rows(row for row in self if row[0] > member_id__gt)

        def order_by(self, *_fields: str) -> "Rows":
            return self

        def values_list(self, *_fields: str) -> "Rows":
            return self

    rows = Rows(
        (member, 10 * member + place, channel, "ko", None, None, "")
        for member, each in enumerate(channels, start=1)
        for place, channel in enumerate(each)
    )
    seen, after = [], 0
    while chunk := next_rows(rows, after=after, limit=limit):  # type: ignore[arg-type]
        assert len({row.member_id for row in chunk}) <= limit
        seen += [row.contact_id for row in chunk]
        after = chunk[-1].member_id
    assert seen == [row[1] for row in rows]
