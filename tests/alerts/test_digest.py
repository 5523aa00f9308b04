"""The digest: once for each stretch of time, each group its own, nothing new no mail."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from firstlight.alerts.actions import digest
from firstlight.alerts.actions.digest import run_digest, send_digests
from firstlight.alerts.hooks import digest_sections
from firstlight.alerts.models import DigestRun, Notice
from firstlight.alerts.queries.digest import read_digest_audience
from firstlight.alerts.rules.digests import last_due
from firstlight.delivery.actions import write_rows
from firstlight.delivery.models import Delivery, Mailing, Wording
from firstlight.library.queries.outbreak import new_cases
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import ContactPoint, Member, TopicChoice
from tests.alerts.aftermath import issue
from tests.cast import Cast

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=SEOUL).astimezone(UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def reader(cast: Cast, member: Member, rhythm: str = "daily", language: str = "en") -> Member:
    assert member.contacts.filter(channel="email").exists()
    Member.objects.filter(pk=member.pk).update(digest=rhythm, language=language)
    return member


@pytest.fixture
def readers(cast: Cast) -> Cast:
    """Noel and Sora read daily in English, Maru daily in Korean; the others read nothing."""
    cast.everyone()
    assert cast.bora
    Member.objects.update(digest="none")
    reader(cast, cast.noel)
    reader(cast, cast.sora)
    reader(cast, cast.maru, language="ko")
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=MONDAY - 30 * DAY)
    return cast


def begin(at: datetime = MONDAY - DAY) -> None:
    """The very first digests, which only mark where the next begins."""
    assert send_digests(at) == 0


def written() -> dict[str, list[str]]:
    """Who got each digest, by its mailing."""
    found = {}
    for mailing in Mailing.objects.filter(reference__startswith="digest:").order_by("pk"):
        write_rows(mailing, mailing.starts_at)
        found[mailing.reference] = sorted(mailing.deliveries.values_list("member__name", flat=True))
    return found


def words(language: str = "en") -> str:
    wording = Wording.objects.filter(mailing__reference__startswith="digest:", language=language).latest("pk")
    assert wording.html
    return wording.text


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        ("2026-03-02 07:30", "2026-03-02", "2026-03-02"),
        ("2026-03-02 07:29", "2026-03-01", "2026-02-23"),
        ("2026-03-04 23:59", "2026-03-04", "2026-03-02"),
        ("2026-03-01 06:00", "2026-02-28", "2026-02-23"),
    ],
)
def test_a_digest_is_due_at_half_past_seven_and_on_mondays(now: str, daily: str, weekly: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=SEOUL).astimezone(UTC)
    for rhythm, day in (("daily", daily), ("weekly", weekly)):
        assert f"{last_due(rhythm, moment, SEOUL).astimezone(SEOUL):%Y-%m-%d %H:%M}" == f"{day} 07:30"


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_digest_was_never_due_in_the_future_or_longer_ago_than_its_rhythm(now: datetime) -> None:
    for zone in (SEOUL, ZoneInfo("America/New_York")):
        assert timedelta(0) <= now - last_due("daily", now, zone) <= DAY + timedelta(hours=1)
        assert timedelta(0) <= now - last_due("weekly", now, zone) <= 7 * DAY + timedelta(hours=1)


def test_each_language_gets_one_mailing_with_what_is_new(readers: Cast) -> None:
    begin()
    notice = issue(readers, at=MONDAY - 2 * MINUTE)
    assert send_digests(MONDAY + MINUTE) == 2
    assert list(written().values()) == [["Noel", "Sora"], ["Maru"]]
    text = words("en")
    assert notice.title_en in text
    assert f"/alerts/{notice.number}/" in text
    assert "http" in text
    assert "{me}" in text
    assert "{leave}" in text
    assert notice.title_ko in words("ko")
    assert "새 알림" in words("ko")


def test_nothing_new_no_mail(readers: Cast) -> None:
    begin()
    assert send_digests(MONDAY + MINUTE) == 0
    assert not Mailing.objects.exists()
    assert DigestRun.objects.filter(rhythm="daily").count() == 2


def test_asked_again_nothing_is_doubled_and_late_nothing_is_lost(readers: Cast) -> None:
    begin()
    issue(readers, at=MONDAY - 2 * MINUTE)
    assert send_digests(MONDAY + MINUTE) == 2
    assert send_digests(MONDAY + 5 * MINUTE) == 0
    with pytest.raises(IntegrityError):
        run_digest("daily", since=MONDAY - DAY, until=MONDAY, at=MONDAY + 9 * MINUTE)


def test_after_three_days_of_silence_everything_comes_at_once(readers: Cast) -> None:
    begin()
    titles = [issue(readers, at=MONDAY + number * DAY - MINUTE).title_en for number in range(3)]
    assert send_digests(MONDAY + 2 * DAY + MINUTE) == 2
    assert all(title in words() for title in titles)


def test_a_crash_in_the_middle_leaves_no_half_digest(readers: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    issue(readers, at=MONDAY - 2 * MINUTE)
    kept_for(readers.noel, issue(readers, at=MONDAY - 3 * DAY))
    begin_mailing, calls = digest.begin_mailing, []

    def break_down(**given: object) -> Mailing:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return begin_mailing(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(digest, "begin_mailing", break_down)
    with pytest.raises(RuntimeError):
        send_digests(MONDAY + MINUTE)
    assert not Mailing.objects.filter(reference__startswith="digest:").exists()
    assert Delivery.objects.get(state="digest").ended_at is None
    assert send_digests(MONDAY + 2 * MINUTE) == 3
    assert sorted(name for names in written().values() for name in names) == ["Maru", "Noel", "Sora"]


def kept_for(member: Member, notice: Notice) -> Delivery:
    """A notice that was not sent to a member, but kept for the digest."""
    mailing, _made = Mailing.objects.get_or_create(
        reference=notice.reference,
        defaults={"created_at": notice.issued_at, "starts_at": notice.issued_at, "addressed_at": notice.issued_at},
    )
    contact = member.contacts.get(channel="email")
    return Delivery.objects.create(
        mailing=mailing,
        member=member,
        contact=contact,
        channel="email",
        language="en",
        state=Delivery.State.DIGEST,
        due_at=notice.issued_at,
    )


def test_what_was_kept_comes_first_and_once(readers: Cast) -> None:
    begin()
    old = issue(readers, at=MONDAY - 3 * DAY)
    kept_for(readers.noel, old)
    new = issue(readers, at=MONDAY - MINUTE)
    assert send_digests(MONDAY + MINUTE) == 3
    groups = written()
    own = next(reference for reference, names in groups.items() if names == ["Noel"])
    text = Wording.objects.get(mailing__reference=own).text
    assert "You have not had these yet" in text
    assert text.index(old.title_en) < text.index(new.title_en)
    others = Wording.objects.filter(mailing__reference__startswith="digest:").exclude(mailing__reference=own)
    assert not any(old.title_en in each.text for each in others)
    assert send_digests(MONDAY + DAY + MINUTE) == 0


def test_what_is_kept_and_new_stands_once(readers: Cast) -> None:
    begin()
    notice = issue(readers, at=MONDAY - MINUTE)
    kept_for(readers.noel, notice)
    assert send_digests(MONDAY + MINUTE) == 3
    texts = Wording.objects.filter(mailing__reference__startswith="digest:", language="en").values_list(
        "text", flat=True
    )
    assert [text.count(notice.title_en) for text in texts] == [1, 1]


def test_what_waits_for_a_mailbox_that_is_gone_waits_on(readers: Cast) -> None:
    begin()
    waiting = kept_for(readers.noel, issue(readers, at=MONDAY - 3 * DAY))
    ContactPoint.objects.filter(member=readers.noel).update(is_wanted=False)
    assert send_digests(MONDAY + MINUTE) == 0
    waiting.refresh_from_db()
    assert waiting.ended_at is None
    ContactPoint.objects.filter(member=readers.noel).update(is_wanted=True)
    assert send_digests(MONDAY + DAY + MINUTE) == 1
    assert list(written().values()) == [["Noel"]]


def test_a_topic_that_was_left_is_not_in_it(readers: Cast) -> None:
    begin()
    TopicChoice.objects.create(member=readers.noel, topic=f"outbreak:{readers.outbreak.slug}", is_wanted=False)
    TopicChoice.objects.create(member=readers.sora, topic="outbreak:elsewhere", is_wanted=False)
    about = issue(readers, at=MONDAY - MINUTE)
    assert send_digests(MONDAY + MINUTE) == 2
    assert list(written().values()) == [["Sora"], ["Maru"]]
    general = issue(readers, at=MONDAY + DAY - 2 * MINUTE, outbreak=None)
    later = issue(readers, at=MONDAY + DAY - MINUTE)
    assert send_digests(MONDAY + DAY + MINUTE) == 3
    groups = {tuple(names): Wording.objects.get(mailing__reference=key).text for key, names in written().items()}
    assert general.title_en in groups["Noel",]
    assert later.title_en not in groups["Noel",]
    assert later.title_en in groups["Sora",]
    assert about.title_en not in groups["Sora",]


def test_weekly_readers_get_it_on_monday_alone(readers: Cast) -> None:
    reader(readers, readers.noel, "weekly")
    begin(MONDAY - 7 * DAY)
    notice = issue(readers, at=MONDAY - 5 * DAY)
    assert send_digests(MONDAY - 4 * DAY) == 2
    assert ["Noel"] not in written().values()
    assert send_digests(MONDAY + MINUTE) == 1
    assert list(written().values())[-1] == ["Noel"]
    assert notice.title_en in words()


def test_exercises_replays_and_what_no_longer_stands_are_left_out(readers: Cast) -> None:
    begin()
    issue(readers, at=MONDAY - 5 * MINUTE, is_exercise=True)
    issue(readers, at=MONDAY - 4 * MINUTE, is_replay=True)
    issue(readers, at=MONDAY - 3 * MINUTE, expires_at=MONDAY - MINUTE)
    assert send_digests(MONDAY + MINUTE) == 0


def test_a_member_who_changes_their_mind_meanwhile_gets_no_second_one(readers: Cast) -> None:
    begin()
    issue(readers, at=MONDAY - MINUTE)
    assert send_digests(MONDAY + MINUTE) == 2
    first, second = Mailing.objects.filter(reference__startswith="digest:").order_by("pk")
    write_rows(first, MONDAY)
    Member.objects.filter(pk=readers.noel.pk).update(language="ko")
    write_rows(second, MONDAY)
    assert Delivery.objects.filter(member=readers.noel, mailing__in=[first, second]).count() == 1


def test_the_audience_is_read_a_few_at_a_time(readers: Cast) -> None:
    begin()
    issue(readers, at=MONDAY - MINUTE)
    send_digests(MONDAY + MINUTE)
    mailing = Mailing.objects.get(reference__endswith=":1")
    rows, last = read_digest_audience(mailing, 0, 1, MONDAY)
    more, end = read_digest_audience(mailing, last, 1, MONDAY)
    none, _end = read_digest_audience(mailing, end, 1, MONDAY)
    assert {rows[0].member_id, more[0].member_id} == {readers.noel.pk, readers.sora.pk}
    assert (len(rows), len(more), len(none)) == (1, 1, 0)


def test_a_title_with_html_in_it_stays_text(readers: Cast) -> None:
    begin()
    issue(readers, at=MONDAY - MINUTE, title_en="<script>alert(1)</script>", title_ko="가<b>나")
    send_digests(MONDAY + MINUTE)
    for wording in Wording.objects.filter(mailing__reference__startswith="digest:"):
        assert "<script>" not in wording.html
        assert "<b>" not in wording.html
        assert "<table" not in wording.html


def test_notices_and_cases_have_their_places() -> None:
    sections = digest_sections()
    assert [section.order for section in sections] == sorted(section.order for section in sections)
    assert new_cases in [section.read for section in sections]
