"""The replay's notices: issued on their days, never sent, and the same on every machine."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.delivery.models import Delivery, Mailing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import ContactPoint, Member
from firstlight.replay.notices import play_notices
from firstlight.replay.play import activate, enlist
from firstlight.replay.roster import enlist_roster
from firstlight.replay.script import KOREA_2020, read_toml


@pytest.fixture
def played(db: None, settings: object, monkeypatch: pytest.MonkeyPatch) -> Outbreak:
    """The replay's people and notices, which need no image; links to cases are left out."""
    script = read_toml(KOREA_2020 / "notices.toml")
    for notice in script["notices"]:
        notice.pop("cases", None)
    monkeypatch.setattr("firstlight.replay.notices.read_toml", lambda _path: script)
    _accounts, members = enlist(KOREA_2020)
    enlist_roster()
    outbreak = activate(KOREA_2020)
    play_notices(outbreak, members)
    assert play_notices(outbreak, members) == 0
    assert enlist_roster() == 0
    return outbreak


def test_what_stood_on_a_day_is_what_was_issued_and_not_yet_followed(played: Outbreak) -> None:
    def standing(day: str) -> set[str]:
        at = datetime.fromisoformat(f"{day}T23:00:00+09:00")
        return set(Notice.objects.standing(at).filter(is_exercise=False).values_list("title_en", flat=True))

    assert standing("2020-01-19") == set()
    assert "First patient confirmed in Korea" in standing("2020-01-20")
    assert "National alert at its highest level: before the first patient tomorrow" in standing("2020-02-23")
    after = standing("2020-03-03")
    assert "Update to the red alert: 4,212 cases" in after
    assert "National alert at its highest level: before the first patient tomorrow" not in after
    assert "Update to the red alert: 4,212 cases" not in standing("2020-06-02")


def test_nothing_of_it_waits_to_be_sent(played: Outbreak) -> None:
    assert set(Mailing.objects.values_list("state", flat=True)) == {Mailing.State.DONE}
    assert not Delivery.objects.filter(state__in=[Delivery.State.CREATED, Delivery.State.SENDING]).exists()
    assert set(Delivery.objects.values_list("carrier", flat=True)) == {"replay"}
    assert set(Notice.objects.values_list("is_replay", flat=True)) == {True}


def test_the_one_issued_alone_says_why(played: Outbreak, client: Client) -> None:
    alone = Notice.objects.exclude(override_reason="").get()
    assert alone.severity == 4
    page = client.get(f"/alerts/{alone.number}/?on=2020-02-24").text
    assert alone.override_reason in page


def test_answers_come_after_the_notice_and_only_from_those_it_reached(played: Outbreak) -> None:
    for answer in Acknowledgement.objects.select_related("notice"):
        assert answer.at > answer.notice.issued_at
        assert Delivery.objects.filter(member=answer.member, mailing__reference=answer.notice.reference).exists()
    asked = Notice.objects.filter(wants_answer=True).count()
    assert Acknowledgement.objects.values("notice").distinct().count() == asked


def test_nobody_of_the_roster_can_be_reached_for_real(played: Outbreak) -> None:
    assert Member.objects.count() > 200
    phones = ContactPoint.objects.filter(channel="sms").values_list("address", flat=True)
    mails = ContactPoint.objects.filter(channel="email").values_list("address", flat=True)
    assert all(each.startswith("+82100000") for each in phones), "no one is given a number of this block"
    assert all(each.endswith("@example.org") for each in mails)


def test_the_public_archive_shows_the_day(played: Outbreak, client: Client) -> None:
    page = client.get("/outbreaks/covid-19-korea-2020/alerts/?on=2020-02-23", headers={"accept-language": "en"}).text
    assert "before the first patient tomorrow" in page
    assert "4,212" not in page
    assert datetime(2020, 2, 23, 11, 15, tzinfo=UTC) in Notice.objects.values_list("issued_at", flat=True)
