import csv
import tracemalloc
from datetime import timedelta
from io import StringIO
from itertools import pairwise, product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from firstlight.alerts.queries.reach import member_rows, reach_counts, reach_report
from firstlight.alerts.rules.reach import (
    REACH_BY_STATE,
    Curve,
    Reach,
    curve_of,
    draw,
    reach_of,
    renewed_after,
    stations,
    times_to_shares,
    worth_showing,
)
from firstlight.alerts.views.reach import duration, harmless
from firstlight.audit.models import Entry
from firstlight.delivery.models import Attempt, Delivery
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member, Role
from tests.alerts.aftermath import NOON, confirm, deliver, institution, issue, mailing, members, outbreak_of_the_past
from tests.cast import Cast


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    return outbreak_of_the_past(cast)


# Rules


def test_every_state_of_a_delivery_says_something_of_its_member() -> None:
    assert set(REACH_BY_STATE) == set(Delivery.State.values)


@pytest.mark.parametrize(
    ("states", "reach"),
    [
        (["delivered", "failed"], Reach.DELIVERED),
        (["sent", "delivered"], Reach.DELIVERED),
        (["unknown", "sent"], Reach.HANDED_OVER),
        (["failed", "unknown"], Reach.UNKNOWN),
        (["expired", "created"], Reach.FAILED),
        (["sending", "stopped"], Reach.WAITING),
        (["stopped", "digest"], Reach.STOPPED),
        (["digest"], Reach.DIGEST),
        ([], None),
    ],
)
def test_a_member_has_one_state_the_best(states: list[str], reach: Reach | None) -> None:
    assert reach_of(states) is reach
    assert reach_of(states, is_acknowledged=True) is Reach.ACKNOWLEDGED


def test_a_curve_rises_and_tells_when() -> None:
    curve = curve_of({30: 10, -2: 5, 0: 5, 90: 80})
    assert (curve.after, curve.members, curve.total) == ((0, 30, 90), (10, 20, 100), 100)
    assert [curve.at(second) for second in (0, 29, 30, 89, 9999)] == [10, 10, 20, 20, 100]
    assert curve.at(-1) == 0
    assert times_to_shares(curve, 100) == [(50, 90), (90, 90), (99, 90)]
    assert times_to_shares(curve, 200) == [(50, 90), (90, None), (99, None)]
    assert times_to_shares(curve_of({}), 0) == [(50, None), (90, None), (99, None)]


@given(st.dictionaries(st.integers(-5, 10**7), st.integers(1, 10**6)), st.integers(0, 10**8))
def test_a_picture_stays_in_its_frame_and_small(counts: dict[int, int], elapsed: int) -> None:
    curve = curve_of(counts)
    assert list(curve.members) == sorted(curve.members)
    picture = draw([curve, curve, curve_of({})], audience=max(curve.total, 1), elapsed=elapsed)
    assert picture is not None
    assert all(len(line.path) < 60_000 for line in picture.lines)
    for line in picture.lines:
        numbers = [float(each) for each in line.path.replace("M", " ").replace("H", " ").replace("V", " ").split()]
        assert all(0 <= number <= picture.width for number in numbers)
    labels = [float(line.label_y) for line in picture.lines]
    assert all(abs(a - b) > 20 for a, b in pairwise(labels)), "labels lie apart"
    places = [float(tick.at) for tick in picture.across]
    assert all(b - a > 60 for a, b in pairwise(places))


def test_the_numbers_are_looked_at_again_while_they_change() -> None:
    assert renewed_after(90_000_000, is_settled=False) == 10
    assert [renewed_after(after, is_settled=True) for after in (60, 7200, 300_000)] == [10, 60, 0]


def test_nobody_is_no_picture_and_time_ends_at_now() -> None:
    assert draw([curve_of({})], audience=0, elapsed=100) is None
    assert stations(45) == [10, 30, 45]
    assert stations(0) == [0]
    assert worth_showing([Curve((5, 9000), (1, 2))], 10**7) == 18000
    assert worth_showing([Curve((5,), (1,))], 600) == 600


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (9000, "2 h 30 min"),
        (180000, "2 d 2 h"),
    ],
)
def test_a_length_of_time_in_words(seconds: int, words: str) -> None:
    assert duration(seconds) == words


# The database against the rule


@pytest.mark.django_db
def test_the_database_counts_as_the_rule_does(cast: Cast, outbreak: Outbreak) -> None:
    notice = issue(cast)
    sent = mailing(notice)
    expected: dict[Reach, int] = {}
    pairs = list(product(Delivery.State.values, [*Delivery.State.values, None], [False, True]))
    for person, (sms, email, confirms) in zip(members(len(pairs)), pairs, strict=True):
        deliver(sent, [person], "sms", sms)
        if email:
            deliver(sent, [person], "email", email)
        if confirms:
            confirm(notice, [person], after=60)
        reach = reach_of([state for state in (sms, email) if state], is_acknowledged=confirms)
        assert reach is not None
        expected[reach] = expected.get(reach, 0) + 1
    assert reach_report(notice).counts == reach_counts(notice) == expected


@pytest.fixture
def scene(cast: Cast, outbreak: Outbreak) -> dict[str, Any]:
    """60 members of two institutions: reached early by text message, some later or never, some confirmed."""
    north, south = institution("north"), institution("south")
    people = [*members(40, at=north), *members(20, start=40, at=south)]
    notice = issue(cast, wants_answer=True)
    sent = mailing(notice)
    deliver(sent, people[:30], "sms", "delivered", after=2, ended_after=8)
    deliver(sent, people[30:40], "sms", "failed", after=2, ended_after=20, reason="1 absent subscriber")
    deliver(sent, people[40:45], "sms", "unknown", after=2, ended_after=86400)
    deliver(sent, people[45:50], "sms", "created")
    deliver(sent, people[30:35], "email", "sent", after=30)
    deliver(sent, people[50:58], "email", "digest")
    again = mailing(notice, number=2)
    deliver(again, people[35:37], "sms", "delivered", after=3600, ended_after=3610)
    confirm(notice, people[:12], after=300)
    confirm(notice, [cast.ara], after=400, how="page")
    other = issue(cast)
    deliver(mailing(other), people, "sms", "delivered", after=1, ended_after=1)
    confirm(other, people, after=1)
    return {"notice": notice, "people": people, "north": north, "south": south}


def test_a_report_counts_each_member_once(scene: dict[str, Any]) -> None:
    report = reach_report(scene["notice"])
    assert report.counts == {
        Reach.ACKNOWLEDGED: 12,
        Reach.DELIVERED: 20,
        Reach.HANDED_OVER: 5,
        Reach.UNKNOWN: 5,
        Reach.FAILED: 3,
        Reach.WAITING: 5,
        Reach.DIGEST: 8,
    }
    assert report.audience == 58
    rows = {row.name.slug: row for row in report.institutions}
    assert (rows["north"].audience, rows["south"].audience) == (40, 18)
    assert rows["south"].counts == {Reach.UNKNOWN: 5, Reach.WAITING: 5, Reach.DIGEST: 8}
    channels = {row.name: row for row in report.channels}
    assert channels["sms"].counts == {Reach.DELIVERED: 32, Reach.FAILED: 8, Reach.UNKNOWN: 5, Reach.WAITING: 5}
    assert channels["email"].counts == {Reach.HANDED_OVER: 5, Reach.DIGEST: 8}
    assert [(each.reason, each.state, each.count) for each in report.reasons] == [
        ("1 absent subscriber", "failed", 10),
        ("", "unknown", 5),
    ]
    assert report.confirmed_besides == 1
    assert not report.is_settled


def test_the_curves_are_of_members_not_of_messages(scene: dict[str, Any]) -> None:
    report = reach_report(scene["notice"])
    assert (report.handed_over.after, report.handed_over.members) == ((2,), (45,))
    assert (report.delivered.after, report.delivered.members) == ((8, 3610), (30, 32))
    assert (report.acknowledged.after, report.acknowledged.members) == ((300,), (12,))


def test_the_number_of_queries_does_not_grow_with_the_members(scene: dict[str, Any]) -> None:
    with CaptureQueriesContext(connection) as few:
        reach_report(scene["notice"])
    more = members(100, start=100, at=institution("east"))
    deliver(mailing(scene["notice"], number=3), more, "sms", "delivered", ended_after=9)
    with CaptureQueriesContext(connection) as many:
        reach_report(scene["notice"])
    assert len(many) == len(few) <= 8


def test_those_whom_nothing_could_be_sent_are_named_apart(scene: dict[str, Any], cast: Cast) -> None:
    assert cast.noel.joined_at > NOON, "the people of the tests join later, and are not counted"
    assert reach_report(scene["notice"]).unreached == 2
    assert reach_report(scene["notice"], institution=scene["south"]).unreached == 2
    assert reach_report(scene["notice"], institution=scene["north"]).unreached == 0


def test_a_member_who_left_for_good_is_in_no_count(scene: dict[str, Any]) -> None:
    Member.objects.filter(pk=scene["people"][0].pk).delete()
    assert reach_report(scene["notice"]).audience == 57


def test_a_notice_that_nobody_was_sent(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    issue(cast)
    issue(cast, is_replay=True)
    client.force_login(cast.haneul)
    assert "Nobody has been written to yet" in client.get("/alerts/1/reach/").content.decode()
    assert "never sent from here" in client.get("/alerts/2/reach/").content.decode()


# Pages


def at_institution(member: Member, place: Institution) -> Member:
    Member.objects.filter(pk=member.pk).update(institution=place)
    return Member.objects.get(pk=member.pk)


def test_the_page_shows_curves_tables_and_reasons(scene: dict[str, Any], cast: Cast, client: Client) -> None:
    client.force_login(cast.haneul)
    page = client.get("/alerts/1/reach/", headers={"accept-language": "en"}).content.decode()
    for words in ("north Hospital", "south Hospital", "1 absent subscriber", "Time until a share", 'data-refresh="10"'):
        assert words in page, words
    assert page.count('<path class="line') == 3
    assert "2 members it was meant for could not be written to" in page
    assert "1 more person confirmed it" in page
    assert "@example.org" not in page.replace("haneul@example.org", "")
    assert "+8210" not in page


def test_a_settled_notice_is_not_fetched_again(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    deliver(mailing(issue(cast)), members(3), "sms", "delivered", ended_after=4)
    client.force_login(cast.haneul)
    page = client.get("/alerts/1/reach/").content.decode()
    assert "data-refresh" not in page
    assert "renew.js" not in page


def test_a_coordinator_sees_their_own_institution_alone(scene: dict[str, Any], cast: Cast, client: Client) -> None:
    client.force_login(at_institution(cast.maru, scene["south"]))
    page = client.get("/alerts/1/reach/", headers={"accept-language": "en"}).content.decode()
    assert "south Hospital" in page
    assert "north Hospital" not in page
    assert client.get("/alerts/1/reach/").context["report"].audience == 18
    assert "north" not in b"".join(client.get("/alerts/1/reach.csv").streaming_content).decode()
    assert client.get("/alerts/1/reach/members.csv").status_code == 403


def test_who_may_see_what(scene: dict[str, Any], cast: Cast, client: Client) -> None:
    pages = (
        "/alerts/1/reach/",
        "/alerts/1/reach.csv",
        "/alerts/1/reach/members.csv",
        f"/alerts/members/{cast.noel.pk}/",
    )
    seen = {}
    for name, member in cast.everyone().items():
        client.logout()
        if member:
            client.force_login(member)
        seen[name] = [client.get(page).status_code for page in pages]
    assert seen == {
        "Haneul": [200, 200, 200, 403],
        "Maru": [403, 403, 403, 403],  # a coordinator without an institution
        "Sora": [403, 403, 403, 403],
        "Ara": [200, 200, 200, 200],
        "Noel": [403, 403, 403, 403],
        "stranger": [302, 302, 302, 302],
    }


def test_a_draft_has_no_reach(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    notice = issue(cast)
    type(notice).objects.update(state="draft")
    client.force_login(cast.haneul)
    for page in ("/alerts/1/reach/", "/alerts/1/reach.csv", "/alerts/1/reach/members.csv"):
        assert client.get(page).status_code == 404


def table(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(content)))


def test_the_export_by_institution(scene: dict[str, Any], cast: Cast, client: Client) -> None:
    client.force_login(cast.haneul)
    north, south = table(client, "/alerts/1/reach.csv")
    assert (north["institution_en"], north["members"], north["acknowledged"], north["failed"]) == (
        "north Hospital", "40", "12", "3"
    )  # fmt: skip
    assert (south["institution_ko"], south["unknown"], south["digest"]) == ("south 병원", "5", "8")


def test_the_export_of_members_has_names_and_states_but_no_address(
    scene: dict[str, Any], cast: Cast, client: Client
) -> None:
    client.force_login(cast.haneul)
    rows = {row["name"]: row for row in table(client, "/alerts/1/reach/members.csv")}
    assert len(rows) == 58
    confirmed, failed = rows["Member 0"], rows["Member 39"]
    assert (confirmed["state"], confirmed["acknowledged_at"]) == ("acknowledged", "2026-03-01T03:05:00Z")
    assert (confirmed["handed_over_at"], confirmed["delivered_at"]) == ("2026-03-01T03:00:02Z", "2026-03-01T03:00:08Z")
    assert (failed["state"], failed["sms"], failed["sms_reason"], failed["email"]) == (
        "failed", "failed", "1 absent subscriber", ""
    )  # fmt: skip
    assert not any("@" in value or "+8210" in value for row in rows.values() for value in row.values())
    entry = Entry.objects.get(verb="notice.members_exported")
    assert entry.actor == f"member:{cast.haneul.pk}"


@pytest.mark.parametrize(
    ("cell", "written"), [("=1+1", "'=1+1"), ("+82", "'+82"), ("@x", "'@x"), ("-1", "'-1"), ("A=1", "A=1"), (-1, -1)]
)
def test_no_name_becomes_a_formula(cell: object, written: object) -> None:
    assert harmless(cell) == written


def test_the_export_stays_flat_in_memory(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    notice = issue(cast)
    sent = mailing(notice)
    client.force_login(cast.haneul)
    peaks = []
    for number in (1, 2):
        deliver(sent, members(4000 * number, start=10_000 * number), "sms", "delivered", ended_after=3)
        tracemalloc.start()
        rows = sum(page.count(b"\n") for page in client.get("/alerts/1/reach/members.csv").streaming_content)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows == sum(4000 * each for each in range(1, number + 1)) + 1
    assert peaks[1] < 1.25 * peaks[0] + 100_000


def test_rows_of_members_come_one_by_one(scene: dict[str, Any]) -> None:
    first = next(iter(member_rows(scene["notice"])))
    assert (first.name, first.reach, first.by_channel["sms"]) == ("Member 0", Reach.ACKNOWLEDGED, ("delivered", ""))


def test_a_member_s_log_says_what_was_sent_and_what_became_of_it(
    scene: dict[str, Any], cast: Cast, client: Client
) -> None:
    person = scene["people"][35]
    failed = Delivery.objects.get(member=person, mailing__reference=scene["notice"].reference, mailing__round=1)
    Attempt.objects.create(
        delivery=failed, at=NOON + timedelta(seconds=3), what="again", carrier="console", reason="busy line"
    )
    client.force_login(cast.ara)
    page = client.get(f"/alerts/members/{person.pk}/", headers={"accept-language": "en"}).content.decode()
    for words in (
        "Member 35",
        "1 absent subscriber",
        "round 2",
        "busy line",
        "Notice 1: wear a mask",
        "Notice 2: wear",
    ):
        assert words in page, words
    assert "m35@example.org" not in page
    assert client.get("/alerts/members/999999/").status_code == 404
    nobody = client.get(f"/alerts/members/{cast.member('Reader', Role.READER).pk}/").content.decode()
    assert "Nothing was sent to this member" in nobody
