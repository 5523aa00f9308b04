"""A lane turned by hand: what carriers do, and what becomes of the messages."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from firstlight.delivery.actions import (
    expire_rows,
    finish_mailings,
    give_back_claims,
    pause_mailing,
    resume_mailing,
    stop_mailing,
)
from firstlight.delivery.models import Attempt, Delivery, Mailing
from firstlight.delivery.queries.sending import ids_without_fate
from firstlight.delivery.rules.messages import Answer, Fate, Message, Outcome, Reply, Report
from firstlight.delivery.rules.words import Words
from firstlight.people.models import ContactPoint, Severity
from tests.delivery.carriers import Clock, FakeCarrier, never, taken
from tests.delivery.conftest import Post


def test_everyone_gets_their_message_once(post: Post) -> None:
    mailing = post.mailing(post.members(250), "sms")
    carrier = FakeCarrier()
    post.send(post.lane(carrier))
    assert len(carrier.given) == len(carrier.distinct) == 250
    assert post.states(mailing) == {"sent": 250}
    row = Delivery.objects.filter(mailing=mailing).first()
    assert row and row.carrier == "fake" and row.carrier_id.startswith("c-") and row.attempts == 1
    assert not Attempt.objects.exists()
    finish_mailings(post.at)
    assert Mailing.objects.get().state == Mailing.State.DONE


def test_a_carrier_down_for_an_hour_loses_nothing_and_costs_no_attempt(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(100), "sms")
    carrier = FakeCarrier(clock=clock, is_down=True)
    lane = post.lane(carrier)
    post.send(lane, seconds=3600, every=5)
    assert post.states(mailing) == {"created": 100} and not carrier.given
    assert carrier.dialled < 300
    assert set(Delivery.objects.values_list("attempts", "reason", "carrier")) == {(0, "", "")}
    carrier.is_down = False
    post.send(lane, seconds=60)
    assert post.states(mailing) == {"sent": 100} and len(carrier.given) == 100


def test_a_message_that_may_have_been_taken_comes_again_under_the_same_name(post: Post, clock: Clock) -> None:
    post.mailing(post.members(1), "sms")
    answers = iter([Answer.UNSURE, Answer.TAKEN])
    carrier = FakeCarrier(clock=clock, answer=lambda each: Outcome(each.client_id, next(answers)))
    post.send(post.lane(carrier), seconds=60)
    first, second = carrier.given
    assert first == second
    assert Delivery.objects.get().state == "sent" and Delivery.objects.get().attempts == 2


def test_who_may_have_it_is_asked_again_before_anyone_else(post: Post, clock: Clock) -> None:
    post.mailing(post.members(3), "sms")
    first = FakeCarrier("first", clock=clock, answer=lambda each: Outcome(each.client_id, Answer.UNSURE))
    second = FakeCarrier("second", clock=clock)
    lane = post.lane(first, second)
    post.turn(lane)
    assert len(first.given) == 3
    first.is_down = True
    post.send(lane, seconds=300, every=5)
    assert not second.given
    first.is_down, first.answer = False, taken
    post.send(lane, seconds=60)
    assert not second.given and len(first.given) == 6
    assert set(Delivery.objects.values_list("state", "carrier")) == {("sent", "first")}


def test_an_unsure_message_is_not_left_to_a_dead_carrier_for_ever(post: Post, clock: Clock) -> None:
    post.mailing(post.members(1), "sms")
    first = FakeCarrier("first", clock=clock, answer=lambda each: Outcome(each.client_id, Answer.UNSURE))
    second = FakeCarrier("second", clock=clock)
    lane = post.lane(first, second)
    post.turn(lane)
    first.is_down = True
    post.mailing(post.members(5), "sms")
    post.send(lane, seconds=900, every=5)
    assert len(second.given) == 6


def test_nonsense_is_neither_taken_nor_lost(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(4), "sms")
    carrier = FakeCarrier(clock=clock, answer=lambda each: Outcome("somebody else's", Answer.TAKEN))
    post.send(post.lane(carrier), seconds=4000, every=5)
    assert post.states(mailing) == {"unknown": 4}
    assert len(carrier.given) == 20, "five attempts each, never more"


def test_a_fault_in_a_transport_is_not_the_end(post: Post, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def stumble(message: Message) -> Outcome:
        raise KeyError(message.to)

    mailing = post.mailing(post.members(2), "sms")
    carrier = FakeCarrier(clock=clock, answer=stumble)
    lane = post.lane(carrier)
    post.turn(lane)
    carrier.answer = taken
    post.send(lane, seconds=120)
    assert post.states(mailing) == {"sent": 2}
    assert "KeyError" in caplog.text and "+8210" not in caplog.text


def test_too_many_at_once_slows_down_and_then_recovers(post: Post, clock: Clock) -> None:
    window: Counter[int] = Counter()

    def ten_a_second(message: Message) -> Outcome:
        window[int(clock())] += 1
        if window[int(clock())] > 10:
            return Outcome(message.client_id, Answer.THROTTLED, reason="throttled", wait_seconds=1)
        return taken(message)

    mailing = post.mailing(post.members(300), "sms")
    carrier = FakeCarrier(clock=clock, answer=ten_a_second)
    post.send(post.lane(carrier), seconds=400, every=0.25)
    assert post.states(mailing) == {"sent": 300}
    assert len(carrier.given) < 450, "most messages are asked for once"


def test_a_carriers_rate_holds(post: Post, clock: Clock) -> None:
    post.mailing(post.members(200), "sms")
    carrier = FakeCarrier(clock=clock, per_second=20, connections=4)
    post.send(post.lane(carrier), seconds=30, every=0.05)
    assert len(carrier.given) == 200
    seconds = Counter(int(at) for at in carrier.given_at)
    assert max(seconds.values()) <= 26
    assert 8 <= carrier.given_at[-1] - carrier.given_at[0] <= 13


def test_the_next_carrier_takes_over_and_the_first_comes_back(post: Post, clock: Clock) -> None:
    first, second = FakeCarrier("first", clock=clock, is_down=True), FakeCarrier("second", clock=clock)
    lane = post.lane(first, second)
    post.mailing(post.members(50), "sms")
    post.send(lane, seconds=10)
    assert len(second.given) == 50
    first.is_down = False
    clock.forward(seconds=40)
    post.mailing(post.members(50), "sms")
    post.send(lane, seconds=40)
    assert len(first.given) > 0 and len(first.distinct | second.distinct) == 100
    post.mailing(post.members(50), "sms")
    before = len(second.given)
    post.send(lane, seconds=10)
    assert len(second.given) == before, "the first carrier is used again"


def test_a_carrier_that_puts_most_off_is_given_a_rest(post: Post, clock: Clock) -> None:
    first = FakeCarrier("first", clock=clock, answer=lambda each: Outcome(each.client_id, Answer.AGAIN, reason="451"))
    second = FakeCarrier("second", clock=clock)
    mailing = post.mailing(post.members(200), "sms")
    post.send(post.lane(first, second), seconds=300, every=2)
    assert post.states(mailing)["sent"] >= 199, "one may be on its way to see whether the first is there again"
    assert len(second.given) >= 180


def test_what_presses_leaves_before_a_big_send(post: Post, clock: Clock) -> None:
    post.mailing(post.members(400), "sms", severity=Severity.INFORMATION)
    carrier = FakeCarrier(clock=clock, seconds_each=0.1)
    lane = post.lane(carrier)
    post.turn(lane, times=3)
    asked_at = clock()
    urgent = post.mailing(post.members(20), "sms", severity=Severity.EMERGENCY)
    post.send(lane)
    ids = {f"m{urgent.pk}-"}
    at = [
        when
        for when, each in zip(carrier.given_at, carrier.given, strict=True)
        if each.client_id[:5] >= "" and any(each.client_id.startswith(start) for start in ids)
    ]
    assert len(at) == 20
    assert max(at) - asked_at <= 5
    assert len(carrier.given) == 420


def test_pause_takes_back_what_is_claimed_and_resume_sends_it(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(100), "sms")
    carrier = FakeCarrier(clock=clock)
    lane = post.lane(carrier)
    post.turn(lane)
    pause_mailing(mailing, by="command:test", at=post.at, reason="a wrong word")
    clock.forward(seconds=1)
    post.send(lane, seconds=5)
    left = len(carrier.given)
    assert left < 100 and post.states(mailing) == {"sent": left, "created": 100 - left}
    resume_mailing(mailing, by="command:test", at=post.at)
    post.send(lane, seconds=5)
    assert post.states(mailing) == {"sent": 100} and len(carrier.given) == 100


def test_stop_is_for_good(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(100), "sms")
    carrier = FakeCarrier(clock=clock)
    lane = post.lane(carrier)
    post.turn(lane)
    stop_mailing(mailing, by="command:test", at=post.at, reason="the wrong list")
    post.send(lane, seconds=5)
    sent = len(carrier.given)
    from firstlight.delivery.actions import stop_stragglers

    stop_stragglers(post.at)
    assert sent < 100 and post.states(mailing) == {"sent": sent, "stopped": 100 - sent}


def test_a_send_in_which_too_much_fails_holds_itself_up(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(1000), "sms")
    carrier = FakeCarrier(clock=clock, answer=never)
    post.send(post.lane(carrier), seconds=10)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.pause_reason) == ("paused", "too many failures")
    assert len(carrier.given) < 400
    assert Attempt.objects.filter(what="never").count() == len(carrier.given)


def test_dead_addresses_are_remembered(post: Post, clock: Clock) -> None:
    post.mailing(post.members(2), "sms")
    post.send(post.lane(FakeCarrier(clock=clock, answer=never)))
    dead = ContactPoint.objects.filter(channel="sms", dead_since__isnull=False)
    assert set(dead.values_list("dead_reason", flat=True)) == {"5.1.1"} and len(dead) == 2
    assert not ContactPoint.objects.filter(channel="email", dead_since__isnull=False).exists()


def test_who_left_meanwhile_gets_nothing(post: Post, clock: Clock) -> None:
    members = post.members(3)
    mailing = post.mailing(members, "sms")
    ContactPoint.objects.filter(member=members[0]).update(is_wanted=False)
    ContactPoint.objects.filter(member=members[1]).delete()
    carrier = FakeCarrier(clock=clock)
    post.send(post.lane(carrier))
    assert len(carrier.given) == 1 and post.states(mailing) == {"sent": 1, "stopped": 2}


def test_what_has_expired_does_not_leave(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(10), "sms", expires_at=post.at + timedelta(minutes=10))
    carrier = FakeCarrier(clock=clock, is_down=True)
    lane = post.lane(carrier)
    post.send(lane, seconds=700, every=10)
    carrier.is_down = False
    post.send(lane, seconds=60)
    expire_rows(post.at)
    assert not carrier.given and post.states(mailing) == {"expired": 10}


def test_a_retry_that_would_come_too_late_has_expired(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(1), "sms", expires_at=post.at + timedelta(seconds=30))
    carrier = FakeCarrier(clock=clock, answer=lambda each: Outcome(each.client_id, Answer.AGAIN, reason="451 4.2.0"))
    post.send(post.lane(carrier), seconds=60)
    assert post.states(mailing) == {"expired": 1} and len(carrier.given) == 2


def test_reports_over_the_line_are_heard_when_idle(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(2), "sms")
    carrier = FakeCarrier(clock=clock, dedicated=True)
    lane = post.lane(carrier)
    post.send(lane)
    one, two = carrier.given
    carrier.told = [Report(Fate.DELIVERED, carrier_id=f"c-{one.client_id}"), Report(Fate.FAILED, two.client_id)]
    post.turn(lane)
    assert post.states(mailing) == {"delivered": 1, "failed": 1}


def test_a_report_quicker_than_the_answer_is_kept(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(1), "sms")
    carrier = FakeCarrier(clock=clock, dedicated=True)
    lane = post.lane(carrier)
    row = Delivery.objects.get()
    carrier.told = [Report(Fate.DELIVERED, carrier_id="early")]
    lane.turn()
    lane.lines[0].seats[0].turn()
    lane._listen()
    Delivery.objects.filter(pk=row.pk).update(carrier_id="early")
    clock.forward(seconds=3)
    post.turn(lane)
    assert post.states(mailing) == {"delivered": 1}


def test_a_sender_that_never_came_back_leaves_its_rows_to_the_next(post: Post, clock: Clock) -> None:
    mailing = post.mailing(post.members(30), "sms")
    lost = post.lane(FakeCarrier(clock=clock), sender="elsewhere:1")
    lost.turn()
    assert post.states(mailing) == {"sending": 30}
    carrier = FakeCarrier(clock=clock)
    clock.forward(minutes=6)
    give_back_claims(post.at)
    post.send(post.lane(carrier, sender="here:2"))
    assert post.states(mailing) == {"sent": 30} and len(carrier.given) == 30


def test_one_process_at_a_time_sends_on_a_channel(post: Post, clock: Clock) -> None:
    one, two = post.lane(FakeCarrier(), sender="elsewhere:1"), post.lane(FakeCarrier(), sender="elsewhere:2")
    assert one.is_on_duty() and not two.is_on_duty()
    clock.forward(seconds=30)
    assert two.is_on_duty() and not one.is_on_duty()
    two.end()
    assert one.is_on_duty()


def test_each_person_has_links_of_their_own(post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    from firstlight.delivery import hooks
    from firstlight.delivery.rules.codes import read_code

    monkeypatch.setitem(hooks._links, "ack", "ack")
    words = [Words("sms", "ko", "", "확인 {ack} {nobody} {"), Words("sms", "en", "", "Confirm {ack}")]
    post.mailing(post.members(2), "sms", wordings=words)
    carrier = FakeCarrier(clock=clock)
    post.send(post.lane(carrier))
    from django.conf import settings

    rows = set()
    for message in carrier.given:
        code = message.text.split()[1].rstrip("/").rpartition("/")[2]
        rows.add(read_code(code, purpose="ack", key=settings.SECRET_KEY))
        assert message.text.startswith("확인 http") and message.text.endswith(" {nobody} {")
    assert rows == set(Delivery.objects.values_list("pk", flat=True))


def test_a_language_without_words_gets_the_other(post: Post, clock: Clock) -> None:
    post.mailing(post.members(1), "sms", wordings=[Words("sms", "en", "", "There is news.")])
    carrier = FakeCarrier(clock=clock)
    post.send(post.lane(carrier))
    assert (carrier.given[0].text, carrier.given[0].language) == ("There is news.", "en")


def test_a_channel_without_words_fails_with_a_word(post: Post, clock: Clock) -> None:
    post.mailing(post.members(1), "sms", wordings=[Words("email", "en", "News", "There is news.")])
    carrier = FakeCarrier(clock=clock)
    post.send(post.lane(carrier))
    row = Delivery.objects.get()
    assert not carrier.given and (row.state, row.reason) == ("failed", "no wording for this channel")


def test_a_carrier_that_does_not_call_is_asked_again_after_a_restart(post: Post) -> None:
    post.mailing(post.members(3), "sms")
    first, second, third = Delivery.objects.order_by("pk").values_list("pk", flat=True)
    sent = {"state": "sent", "carrier": "asked", "sent_at": post.at}
    Delivery.objects.filter(pk=first).update(**sent, carrier_id="r1.a")
    Delivery.objects.filter(pk=second).update(**{**sent, "state": "delivered"}, carrier_id="r1.b")
    Delivery.objects.filter(pk=third).update(**{**sent, "sent_at": post.at - timedelta(days=4)}, carrier_id="r0.c")
    assert list(ids_without_fate("asked", post.at)) == ["r1.a"]


def test_what_a_failing_database_did_not_take_is_written_later(
    post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from firstlight.delivery.tasks import lane as module

    mailing = post.mailing(post.members(3), "sms")
    carrier = FakeCarrier(clock=clock, dedicated=True)
    lane = post.lane(carrier)
    lane.turn()
    seat = lane.lines[0].seats[0]
    seat.turn()
    carrier.told = [Report(Fate.DELIVERED, each.client_id) for each in carrier.given]
    seat.turn()
    for broken in ("settle", "take_reports"):
        with monkeypatch.context() as patch, pytest.raises(OperationalError):
            patch.setattr(module, broken, lambda *_, **__: (_ for _ in ()).throw(OperationalError("locked")))
            lane.turn()
    post.turn(lane)
    assert post.states(mailing) == {"delivered": 3} and len(carrier.given) == 3


def test_a_reader_of_replies_that_stumbles_stops_nobody(
    post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from firstlight.delivery import hooks

    heard: list[str] = []

    def stumble(reply: Reply, delivery: Delivery, at: datetime) -> bool:
        raise LookupError(reply.text)

    def hear(reply: Reply, delivery: Delivery, at: datetime) -> bool:
        heard.append(reply.text)
        return True

    monkeypatch.setattr(hooks, "_repliers", [stumble, hear])
    post.mailing(post.members(1, "sms"), "sms")
    ContactPoint.objects.update(address="+821023456789")
    carrier = FakeCarrier(clock=clock, dedicated=True)
    lane = post.lane(carrier)
    post.send(lane)
    carrier.replies = [Reply("01023456789", "a private word")]
    post.turn(lane)
    assert heard == ["a private word"]
    assert "LookupError" in caplog.text and "private" not in caplog.text
