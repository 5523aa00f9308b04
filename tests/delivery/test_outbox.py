"""The rows: written once, claimed once, reported in any order, followed by an e-mail, cleaned up."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from firstlight.delivery import hooks
from firstlight.delivery.actions import (
    NotNow,
    begin_mailing,
    claim,
    fall_back,
    finish_mailings,
    forget,
    give_back,
    give_back_claims,
    pause_mailing,
    resume_mailing,
    settle,
    settle_unknown,
    stop_mailing,
    take_replies,
    take_reports,
    watch_failures,
    write_chunk,
    write_rows,
)
from firstlight.delivery.actions.claims import Claimed
from firstlight.delivery.actions.outcomes import Settled
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Attempt, Delivery, Mailing
from firstlight.delivery.rules.client_ids import write_client_id
from firstlight.delivery.rules.messages import Answer, Fate, Reply, Report
from firstlight.delivery.rules.states import State
from firstlight.delivery.rules.words import Words
from firstlight.people.models import ContactPoint, Severity
from tests.cast import Cast
from tests.delivery.conftest import WORDS, Post

KEY = "no key of ours"


@pytest.fixture
def audience(post: Post, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first members of the database, by telephone; the list notes each reading."""
    readings: list[int] = []

    def read(mailing: Mailing, after: int, limit: int, at: datetime) -> tuple[Sequence[Addressee], int]:
        readings.append(after)
        points = ContactPoint.objects.filter(channel="sms", member_id__gt=after).order_by("member_id")[:limit]
        rows = [Addressee(each.member_id, each.pk, "sms", "ko", at) for each in points]
        return rows, rows[-1].member_id if rows else after

    monkeypatch.setitem(hooks._audiences, "test", read)
    return readings


def begun(post: Post, **given: object) -> Mailing:
    values = {"reference": "test:1", "topic": "society", "severity": Severity.ADVISORY, "wordings": WORDS}
    return begin_mailing(**{**values, **given}, at=post.at)  # type: ignore[arg-type]


def claimed(
    post: Post, mailing: Mailing, *, limit: int = 1000, by: str = "a:1", carrier: str = "fake"
) -> list[Claimed]:
    return claim(
        channel="sms",
        mailings=[mailing.pk],
        carrier=carrier,
        by=by,
        at=post.at,
        until=post.at + timedelta(minutes=5),
        limit=limit,
    )


def sent(post: Post, mailing: Mailing) -> list[Delivery]:
    rows = claimed(post, mailing)
    taken = [Settled(r.delivery_id, r.contact_id, Answer.TAKEN, State.SENT, "fake", f"c{r.delivery_id}") for r in rows]
    settle(taken, by="a:1", at=post.at)
    return list(Delivery.objects.filter(mailing=mailing, channel="sms").order_by("pk"))


def test_an_audience_is_written_in_chunks(post: Post, audience: list[int]) -> None:
    post.members(25)
    mailing = begun(post)
    while write_chunk(mailing, post.at, members=10):
        pass
    assert len(audience) == 4
    assert Delivery.objects.count() == 25
    mailing.refresh_from_db()
    assert mailing.addressed_at == post.at


def test_a_crash_between_chunks_neither_loses_nor_doubles(
    post: Post, audience: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    post.members(25)
    mailing = begun(post)
    write_chunk(mailing, post.at, members=10)
    from firstlight.delivery.actions import addressing

    insert = addressing.insert_rows

    def fall_over(mailing: Mailing, rows: Sequence[Addressee]) -> None:
        insert(mailing, rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(addressing, "insert_rows", fall_over)
    with pytest.raises(KeyboardInterrupt):
        write_chunk(Mailing.objects.get(), post.at, members=10)
    assert Delivery.objects.count() == 10
    monkeypatch.setattr(addressing, "insert_rows", insert)
    write_rows(Mailing.objects.get(), post.at)
    assert Delivery.objects.count() == 25


def test_two_processes_write_an_audience_together(post: Post, audience: list[int]) -> None:
    post.members(25)
    begun(post)
    one, two = Mailing.objects.get(), Mailing.objects.get()
    for mailing in itertools.islice(itertools.cycle((one, two)), 30):
        write_chunk(mailing, post.at, members=4)
    assert Delivery.objects.count() == 25 and Mailing.objects.get().addressed_at


def test_a_row_is_written_once_however_often_it_is_named(post: Post) -> None:
    members = post.members(3)
    mailing = begun(post, addressees=post.addressees([*members, *members]) * 2)
    assert Delivery.objects.filter(mailing=mailing).count() == 6


def test_a_mailing_begun_twice_is_one(post: Post) -> None:
    members = post.members(2)
    first = begun(post, addressees=post.addressees(members))
    again = begun(post, addressees=post.addressees(post.members(5)), severity=Severity.EMERGENCY)
    assert again == first and again.severity == Severity.ADVISORY and Delivery.objects.count() == 4
    assert begun(post, addressees=[], round=2) != first


@pytest.mark.parametrize("wordings", [[], [Words("sms", "ko", "", "하나"), Words("sms", "ko", "", "둘")]])
def test_there_is_one_thing_to_say(post: Post, wordings: list[Words]) -> None:
    with pytest.raises(ValueError, match="wording"):
        begun(post, wordings=wordings)
    assert not Mailing.objects.exists()


def test_a_mailing_without_a_known_audience_is_held_up(post: Post) -> None:
    mailing = begun(post, reference="nobody's:1")
    assert not write_chunk(mailing, post.at)
    assert (Mailing.objects.get().state, Mailing.objects.get().pause_reason) == ("paused", "no audience")


def test_a_row_is_claimed_by_one(post: Post) -> None:
    mailing = post.mailing(post.members(30), "sms")
    first, second = claimed(post, mailing, limit=20), claimed(post, mailing, limit=20, by="b:2")
    assert len(first) == 20 and len(second) == 10
    assert not {row.delivery_id for row in first} & {row.delivery_id for row in second}
    give_back(first[:5], by="b:2")
    assert Delivery.objects.filter(state="created").count() == 0, "nobody gives back what another holds"
    give_back(first[:5], by="a:1")
    assert set(Delivery.objects.filter(state="created").values_list("carrier", "claimed_by")) == {("", "")}


def test_a_lost_claim_keeps_its_carrier_and_is_settled_by_its_new_holder_alone(post: Post) -> None:
    mailing = post.mailing(post.members(1), "sms")
    old = claimed(post, mailing)[0]
    post.clock.forward(minutes=6)
    assert give_back_claims(post.at) == 1
    assert Delivery.objects.get().carrier == "fake"
    new = claimed(post, mailing, by="b:2")[0]
    assert new.carrier == "fake"
    settle([Settled(old.delivery_id, None, Answer.NEVER, State.FAILED, "fake")], by="a:1", at=post.at)
    assert Delivery.objects.get().state == "sending"
    settle([Settled(new.delivery_id, None, Answer.TAKEN, State.SENT, "fake", "x")], by="b:2", at=post.at)
    assert Delivery.objects.get().state == "sent"


def test_a_report_before_the_answer_stands(post: Post, settings: object) -> None:
    mailing = post.mailing(post.members(1), "sms")
    row = claimed(post, mailing)[0]
    take_reports("fake", [Report(Fate.DELIVERED)], at=post.at, about=row.delivery_id)
    settle([Settled(row.delivery_id, None, Answer.TAKEN, State.SENT, "fake", "late-id")], by="a:1", at=post.at)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.carrier_id, delivery.attempts) == ("delivered", "late-id", 1)


def test_reports_come_late_twice_and_in_the_wrong_order(post: Post) -> None:
    mailing = post.mailing(post.members(6), "sms")
    rows = sent(post, mailing)
    post.clock.forward(hours=24)
    told = [[Fate.DELIVERED, Fate.FAILED], [Fate.FAILED, Fate.DELIVERED], [Fate.EXPIRED, Fate.EXPIRED]]
    told += [[Fate.UNKNOWN, Fate.ACCEPTED], [Fate.DELIVERED, Fate.DELIVERED, Fate.ACCEPTED], [Fate.ACCEPTED]]
    for row, words in zip(rows, told, strict=True):
        for fate in words:
            assert take_reports("fake", [Report(fate, carrier_id=f"c{row.pk}", reason="told")], at=post.at) == []
    ends = [Delivery.objects.get(pk=row.pk).state for row in rows]
    assert ends == ["delivered", "delivered", "expired", "unknown", "delivered", "sent"]


def test_one_batch_of_reports_is_read_in_its_order(post: Post) -> None:
    row = sent(post, post.mailing(post.members(1), "sms"))[0]
    words = [
        Report(fate, carrier_id=f"c{row.pk}") for fate in (Fate.ACCEPTED, Fate.FAILED, Fate.DELIVERED, Fate.FAILED)
    ]
    take_reports("fake", words, at=post.at)
    assert Delivery.objects.get().state == "delivered"
    assert list(Attempt.objects.values_list("what", flat=True)) == ["failed"]


def test_a_report_of_nobodys_message_is_given_back(post: Post, settings: object) -> None:
    row = sent(post, post.mailing(post.members(1), "sms"))[0]
    forged = write_client_id(row.mailing_id, row.pk, key=KEY)
    reports = [Report(Fate.FAILED, client_id=forged), Report(Fate.FAILED, carrier_id="c999"), Report(Fate.FAILED)]
    assert take_reports("fake", reports, at=post.at) == reports
    assert take_reports("another", [Report(Fate.FAILED, carrier_id=f"c{row.pk}")], at=post.at)
    assert Delivery.objects.get().state == "sent"


def test_a_dead_telephone_is_remembered(post: Post) -> None:
    row = sent(post, post.mailing(post.members(1), "sms"))[0]
    report = Report(Fate.FAILED, carrier_id=f"c{row.pk}", reason="001 absent for good", is_address_dead=True)
    take_reports("fake", [report], at=post.at)
    point = ContactPoint.objects.get(channel="sms")
    assert (point.dead_since, point.dead_reason) == (post.at, "001 absent for good")


def test_silence_becomes_unknown_and_a_late_word_ends_it(post: Post) -> None:
    row = sent(post, post.mailing(post.members(1), "sms"))[0]
    post.clock.forward(hours=23)
    assert settle_unknown(post.at) == 0
    post.clock.forward(hours=2)
    assert settle_unknown(post.at) == 1
    take_reports("fake", [Report(Fate.DELIVERED, carrier_id=f"c{row.pk}")], at=post.at)
    assert Delivery.objects.get().state == "delivered"


def test_an_undelivered_text_message_is_followed_by_an_email(post: Post) -> None:
    members = post.members(4)
    mailing = post.mailing(members, "sms")
    rows = sent(post, mailing)
    finish_mailings(post.at)
    assert Mailing.objects.get().state == "done"
    for row, fate in zip(rows, (Fate.FAILED, Fate.EXPIRED, Fate.UNKNOWN, Fate.DELIVERED), strict=True):
        take_reports("fake", [Report(fate, carrier_id=f"c{row.pk}")], at=post.at)
    ContactPoint.objects.filter(member=members[1], channel="email").update(is_wanted=False)
    assert fall_back(post.at) == 2 and fall_back(post.at) == 0
    letters = Delivery.objects.filter(channel="email").order_by("pk")
    assert [each.falls_back_for_id for each in letters] == [rows[0].pk, rows[2].pk]
    assert Mailing.objects.get().state == "sending"


@pytest.mark.parametrize("given", [{"falls_back": False}, {"wordings": WORDS[:2]}])
def test_no_email_follows_where_none_is_meant(post: Post, given: dict[str, object]) -> None:
    row = sent(post, post.mailing(post.members(1), "sms", **given))[0]
    take_reports("fake", [Report(Fate.FAILED, carrier_id=f"c{row.pk}")], at=post.at)
    assert fall_back(post.at) == 0


def test_no_email_follows_one_that_went_out_anyway_or_came_too_late(post: Post) -> None:
    row = sent(post, post.mailing(post.members(1)))[0]
    late = sent(post, post.mailing(post.members(1), "sms", expires_at=post.at + timedelta(hours=1)))[0]
    for each in (row, late):
        take_reports("fake", [Report(Fate.FAILED, carrier_id=f"c{each.pk}")], at=post.at)
    post.clock.forward(hours=2)
    assert fall_back(post.at) == 0


def test_an_answer_goes_to_the_last_message_that_its_sender_got(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, int]] = []

    def understand(reply: Reply, delivery: Delivery, at: datetime) -> bool:
        heard.append((reply.text, delivery.mailing_id))
        return reply.text == "1"

    monkeypatch.setattr(hooks, "_repliers", [understand])
    member = post.members(1, "sms")[0]
    ContactPoint.objects.update(address="+821023456789")
    first = post.mailing([member], "sms")
    sent(post, first)
    post.clock.forward(hours=1)
    second = post.mailing([member], "sms")
    sent(post, second)
    replies = [Reply("01023456789", "1"), Reply("+821023456789", "what?"), Reply("010-9999-0000", "1"), Reply("?", "1")]
    assert take_replies(replies, at=post.at) == 1
    assert heard == [("1", second.pk), ("what?", second.pk)]


def test_who_may_hold_up_a_mailing(post: Post, cast: Cast) -> None:
    mailing = post.mailing(post.members(1), "sms")
    with pytest.raises(PermissionDenied):
        pause_mailing(mailing, by=cast.noel, at=post.at, reason="no")
    pause_mailing(mailing, by=cast.haneul, at=post.at, reason="a wrong word")
    with pytest.raises(NotNow):
        pause_mailing(mailing, by=cast.ara, at=post.at, reason="again")
    resume_mailing(mailing, by=cast.ara, at=post.at)
    stop_mailing(mailing, by=cast.bora, at=post.at, reason="enough")
    for act in (
        lambda: resume_mailing(mailing, by=cast.ara, at=post.at),
        lambda: stop_mailing(mailing, by=cast.ara, at=post.at, reason=""),
    ):
        with pytest.raises(NotNow):
            act()
    assert Delivery.objects.get().state == "stopped"


def test_failures_that_are_reported_later_hold_a_mailing_up_once(post: Post) -> None:
    mailing = post.mailing(post.members(150), "sms")
    rows = sent(post, mailing)
    take_reports("fake", [Report(Fate.FAILED, carrier_id=f"c{row.pk}") for row in rows[:50]], at=post.at)
    assert watch_failures(post.at) == 1
    mailing.refresh_from_db()
    resume_mailing(mailing, by="command:test", at=post.at)
    assert watch_failures(post.at) == 0, "what is known is not raised again"


def test_old_lines_are_forgotten_and_deliveries_kept(post: Post) -> None:
    row = sent(post, post.mailing(post.members(1), "sms"))[0]
    take_reports("fake", [Report(Fate.FAILED, carrier_id=f"c{row.pk}", reason="x")], at=post.at)
    post.clock.forward(days=400)
    assert forget(post.at) == 2
    assert not Attempt.objects.exists() and Delivery.objects.get().carrier_id == ""


def test_kept_for_the_digest_is_neither_sent_nor_waited_for(post: Post) -> None:
    member = post.members(1, "sms")[0]
    point = ContactPoint.objects.get()
    mailing = begun(post, addressees=[Addressee(member.pk, point.pk, "sms", "ko", post.at, Delivery.State.DIGEST)])
    assert claimed(post, mailing) == []
    assert finish_mailings(post.at) == 1
