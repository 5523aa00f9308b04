"""What people do on the pages, each as who they are."""

import re
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from firstlight.library import actions as library
from firstlight.library.models import Case
from firstlight.people.models import Member
from firstlight.weekly.actions import let_name_be_shown, reveal_due, say
from firstlight.weekly.models import Attempt, Comment, Diagnosis, Entry, Round, Ruling
from tests.cast import DAWN, PASSWORD, Cast
from tests.drafts import HOUR
from tests.weekly.rounds import AFTER, CLOSES, OPEN, OPENS, RIGHT, answer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what time it is."""

    def at(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    at(OPEN)
    return at


def browser(member: Member) -> Client:
    client = Client()
    assert client.login(email=member.email, password=PASSWORD)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_before_anything_is_asked_the_page_says_so(client: Client, db: None) -> None:
    assert "No weekly case yet" in text(client.get("/weekly/"))
    assert "Nobody has points yet" in text(client.get("/weekly/ranking/", follow=True))
    assert "There is no past case yet" in text(client.get("/weekly/practice/"))


def test_a_stranger_sees_the_case_and_is_asked_to_sign_in(weekly: Round, clock: Any, client: Client) -> None:
    page = text(client.get("/weekly/"))
    assert "Four days of fever." in page and "Sign in to answer." in page and "Taking answers" in page
    assert "<datalist" not in page
    refused = client.post(f"/weekly/{weekly.key}/answers/", {"answer_1": "x"})
    assert refused.status_code == 302 and "login" in refused["Location"]


def test_a_member_answers_and_changes_their_mind(cast: Cast, weekly: Round, clock: Any) -> None:
    client = browser(cast.noel)
    address = f"/weekly/{weekly.key}/answers/"
    form = {"answer_1": "Sarcoidosis", "answer_3": "viral pneumonia", "shows_name": "on"}
    sent = client.post(address, form, follow=True)
    assert "Your answers are kept" in text(sent)
    assert Entry.objects.get().answers == ["Sarcoidosis", "viral pneumonia"]
    client.post(address, {"answer_1": "viral pneumonia"})
    entry = Entry.objects.get()
    assert (entry.answers, entry.revisions) == (["viral pneumonia"], 1)
    assert not cast.noel.player.shows_name, "the last word on the name holds too"


def test_an_empty_answer_is_given_back_with_a_sentence(cast: Cast, weekly: Round, clock: Any) -> None:
    response = browser(cast.noel).post(f"/weekly/{weekly.key}/answers/", {"answer_1": "  "})
    assert response.status_code == 422 and "Write at least one diagnosis." in text(response)


def test_what_came_too_late_is_refused_and_given_back(cast: Cast, weekly: Round, clock: Any) -> None:
    clock(CLOSES)
    response = browser(cast.noel).post(f"/weekly/{weekly.key}/answers/", {"answer_1": "my late thought"})
    assert response.status_code == 403 and "This case is closed." in text(response)
    assert not Entry.objects.exists()


def test_the_closing_moment_is_asked_when_the_whole_answer_is_there(
    cast: Cast, weekly: Round, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body sent slowly begins before the closing moment and ends after it."""
    client = browser(cast.noel)
    head_came_at = SimpleNamespace(now=lambda: OPEN, get_default_timezone=timezone.get_default_timezone)
    monkeypatch.setattr("firstlight.web.clock.timezone", head_came_at)
    clock(CLOSES)
    assert client.post(f"/weekly/{weekly.key}/answers/", {"answer_1": "viral pneumonia"}).status_code == 403
    assert not Entry.objects.exists()


def test_the_author_is_told_why_they_cannot_answer(cast: Cast, weekly: Round, clock: Any) -> None:
    assert "so you cannot answer it" in text(browser(cast.haneul).get("/weekly/"))


def test_the_closing_time_stands_on_the_readers_clock(cast: Cast, weekly: Round, clock: Any, client: Client) -> None:
    cast.noel.time_zone = "America/Sao_Paulo"
    cast.noel.save()
    assert "America/Sao_Paulo" in text(browser(cast.noel).get("/weekly/"))
    assert "Asia/Seoul" in text(client.get("/weekly/"))
    cast.sora.time_zone = "No/Such_Place"
    cast.sora.save()
    assert "Asia/Seoul" in text(browser(cast.sora).get("/weekly/"))


def test_after_the_reveal_everything_is_there(cast: Cast, weekly: Round, clock: Any) -> None:
    answer(weekly, cast.noel, "Sarcoidosis", "viral pneumonia")
    answer(weekly, cast.sora, "viral pneumonia")
    let_name_be_shown(cast.sora, shows_name=True, at=OPEN)
    clock(AFTER)
    page = text(browser(cast.noel).get("/weekly/"))
    for words in ("Fever in a traveller", "Ground glass", "What was answered", "70 points", "Sora", "Name not shown"):
        assert words in page
    assert "Noel</" not in page.split("right-title")[1].split("discussion-title")[0]
    korean = text(Client(headers={"accept-language": "ko"}).get("/weekly/"))
    assert "나온 답" in korean and "사르코이드증" in korean


def test_members_discuss_and_editors_moderate(cast: Cast, weekly: Round, clock: Any, client: Client) -> None:
    noel = browser(cast.noel)
    address = f"/weekly/{weekly.key}/comments/"
    assert noel.post(address, {"text": "Too early"}).status_code == 403
    clock(AFTER)
    noel.get("/weekly/")
    noel.post(address, {"text": "<script>alert(1)</script> I thought of <b>sarcoid</b>."})
    noel.post(address, {"text": "  "})
    comment = Comment.objects.get()
    page = text(client.get("/weekly/"))
    assert "&lt;script&gt;" in page and "<script>alert" not in page
    hide = f"{address}{comment.pk}/hide/"
    assert noel.post(hide, {"why": "x"}).status_code == 403
    browser(cast.bora).post(hide, {"why": "Names a hospital."})
    assert "sarcoid" not in text(client.get("/weekly/")) and Comment.objects.exists()
    assert "Names a hospital." in text(browser(cast.bora).get("/weekly/"))


def test_an_editor_schedules_and_another_could_not(cast: Cast, case: Case, clock: Any) -> None:
    library.submit_case(case, by=cast.haneul, at=DAWN)
    bora, haneul = browser(cast.bora), browser(cast.haneul)
    assert "Make it a weekly case" in text(bora.get("/weekly/desk/"))
    address = f"/weekly/desk/schedule/{case.number}/"
    page = text(bora.get(address))
    assert "Viral pneumonia" in page and 'value="100"' in page
    form = {
        "opens_at": "2031-03-10T00:00",
        "closes_at": "2031-03-17T00:00",
        "reveal_at": "2031-03-17T09:00",
        "right": "viral pneumonia\nMy own wording",
        "max_answers": "3",
        "points_first": "10",
        "points_other": "7",
    }
    assert "Nobody publishes their own case" in text(haneul.post(address, form))
    assert "opens before it closes" in text(bora.post(address, {**form, "closes_at": "2031-03-09T00:00"}))
    assert bora.post(address, form).status_code == 302
    made = Round.objects.get()
    assert (made.right_keys, made.right_names) == (["viral-pneumonia"], ["My own wording"])
    assert (made.max_answers, made.points_first, made.points_other, made.year, made.week) == (3, 10, 7, 2031, 11)
    assert timezone.localtime(made.opens_at, timezone.get_default_timezone()).hour == 0


def test_an_editor_rules_on_the_desk(cast: Cast, weekly: Round, clock: Any) -> None:
    answer(weekly, cast.noel, "viral pnuemonia")
    bora = browser(cast.bora)
    desk = f"/weekly/desk/{weekly.key}/"
    assert "viral pnuemonia" not in text(bora.get(desk)), "answers are not shown while the round is open"
    clock(AFTER)
    page = text(bora.get(desk))
    assert "viral pnuemonia" in page and "like a right one" in page
    bora.post(f"{desk}ruling/", {"text": "viral pnuemonia", "verdict": "right", "why": "A slip."})
    assert Ruling.objects.get().is_right
    assert "A slip." in text(bora.get(desk))
    bora.post(f"{desk}ruling/", {"text": " ", "verdict": "right"})
    assert Ruling.objects.count() == 1


def _typed(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_times_cancelling_and_approving_again(cast: Cast, weekly: Round, clock: Any) -> None:
    bora = browser(cast.bora)
    desk = f"/weekly/desk/{weekly.key}/"
    later = _typed(CLOSES + timedelta(days=1))
    times = {"opens_at": _typed(OPENS), "closes_at": _typed(CLOSES), "reveal_at": later}
    assert "Saved." in text(bora.post(f"{desk}times/", times, follow=True))
    assert "What has passed" in text(bora.post(f"{desk}times/", {**times, "opens_at": _typed(OPEN)}, follow=True))
    library.write_case(weekly.case, by=cast.haneul, at=OPEN, title_en="Changed")
    library.submit_case(weekly.case, by=cast.haneul, at=OPEN)
    assert "Needs approval again" in text(bora.get(desk)) and "Needs approval again" in text(bora.get("/weekly/desk/"))
    assert "Approved." in text(bora.post(f"{desk}approve/", follow=True))
    assert "The round is cancelled." in text(bora.post(f"{desk}cancel/", {"why": "A slip."}, follow=True))


def test_editors_add_to_the_vocabulary(cast: Cast, weekly: Round, clock: Any) -> None:
    bora = browser(cast.bora)
    names = {"label_en": "Erdheim-Chester disease", "label_ko": "에르트하임-체스터병"}
    form = {**names, "synonyms_en": "ECD\n\nErdheim Chester"}
    assert bora.post("/weekly/desk/vocabulary/", form).status_code == 302
    row = Diagnosis.objects.get()
    assert (row.key, row.synonyms_en) == ("erdheim-chester-disease", ["ECD", "Erdheim Chester"])
    assert "not offered yet" in text(bora.get("/weekly/desk/vocabulary/"))
    assert "Erdheim" not in text(browser(cast.noel).get("/weekly/"))
    assert "Give it a name" in text(bora.post("/weekly/desk/vocabulary/", {"label_en": ""}))


@pytest.mark.parametrize("address", ["", "vocabulary/", "schedule/1/", "KEY/"])
def test_the_desk_is_for_editors(cast: Cast, weekly: Round, clock: Any, client: Client, address: str) -> None:
    address = f"/weekly/desk/{address.replace('KEY', weekly.key)}"
    assert client.get(address).status_code == 302
    for member in (cast.noel, cast.ara, cast.sora):
        assert browser(member).get(address).status_code == 403


@pytest.mark.parametrize("below", ["ruling/", "times/", "approve/", "cancel/"])
def test_members_change_nothing_on_the_desk(cast: Cast, weekly: Round, clock: Any, below: str) -> None:
    times = {"opens_at": _typed(OPENS), "closes_at": _typed(CLOSES + HOUR), "reveal_at": _typed(CLOSES + HOUR)}
    form = {"text": "x", "why": "x", **times}
    browser(cast.noel).post(f"/weekly/desk/{weekly.key}/{below}", form)
    weekly.refresh_from_db()
    assert weekly.cancelled_at is None and weekly.closes_at == CLOSES and not Ruling.objects.exists()


def test_practice_keeps_a_members_progress_and_no_strangers(
    cast: Cast, weekly: Round, clock: Any, client: Client
) -> None:
    assert client.get(f"/weekly/practice/{weekly.key}/").status_code == 404, "it is not a past case yet"
    clock(AFTER)
    reveal_due(AFTER)
    noel = browser(cast.noel)
    assert weekly.key in text(noel.get("/weekly/practice/"))
    address = f"/weekly/practice/{weekly.key}/"
    page = text(noel.get(address))
    assert "Fever in a traveller" not in page and "Viral pneumonia</strong>" not in page
    begun = re.search(r'name="begun" value="([^"]+)"', page)
    assert begun
    assert noel.post(address, {"answer_1": "x"}).status_code == 422
    clock(AFTER + timedelta(seconds=42))
    form = {"answer_1": "x", "answer_2": "viral pneumonia", "confidence": "70", "begun": begun[1]}
    done = noel.post(address, form, follow=True)
    assert "Right at 2" in text(done) and "It took 42 seconds." in text(done)
    attempt = Attempt.objects.get()
    assert (attempt.right_place, attempt.confidence_percent, attempt.seconds) == (2, 70, 42)
    own = text(noel.get("/weekly/practice/"))
    assert "Brier score" in own and "<circle" in own and "100 %" in own
    shown = client.post(address, {"answer_1": "viral pneumonia", "confidence": "90", "begun": "forged"})
    assert "Correct" in text(shown) and Attempt.objects.count() == 1
    others = browser(cast.sora).get(f"{address}?attempt={attempt.pk}")
    assert "Right at 2" not in text(others), "another's attempt stays theirs"


def test_a_withdrawn_case_leaves_practice_and_says_so(cast: Cast, weekly: Round, clock: Any, client: Client) -> None:
    reveal_due(AFTER)
    library.withdraw_case(weekly.case, by=cast.bora, at=AFTER + HOUR / 2, why="Not sure any more.")
    clock(AFTER + HOUR)
    assert "withdrawn by its editors" in text(client.get(f"/weekly/{weekly.key}/"))
    assert client.get(f"/weekly/practice/{weekly.key}/").status_code == 404
    assert "There is no past case yet" in text(client.get("/weekly/practice/"))


def test_a_certificate_for_the_year(cast: Cast, weekly: Round, clock: Any, client: Client) -> None:
    answer(weekly, cast.noel, *RIGHT)
    answer(weekly, cast.sora, "Sarcoidosis")
    clock(AFTER)
    reveal_due(AFTER)
    noel, address = browser(cast.noel), "/weekly/ranking/2031/certificate.pdf"
    assert noel.get(address).status_code == 404, "the year goes on"
    clock(AFTER.replace(year=2032))
    noel = browser(cast.noel)
    for language in ("ko", "en"):
        pdf = noel.get(address, headers={"accept-language": language})
        assert (pdf.status_code, pdf["Cache-Control"], pdf.content[:4]) == (200, "private, no-store", b"%PDF")
    assert "Your certificate" in text(noel.get("/weekly/ranking/2031/"))
    assert browser(cast.sora).get(address).status_code == 404, "without a point there is none"
    assert client.get(address).status_code == 302
    of_noel = f"/weekly/ranking/2031/certificates/{cast.noel.pk}.pdf"
    assert browser(cast.sora).get(of_noel).status_code == 403
    assert browser(cast.bora).get(of_noel).status_code == 200


def test_a_ranking_of_any_day(cast: Cast, weekly: Round, clock: Any, client: Client) -> None:
    answer(weekly, cast.noel, *RIGHT)
    clock(AFTER)
    reveal_due(AFTER)
    clock(AFTER + timedelta(days=3))
    assert "After 1 case." in text(client.get("/weekly/ranking/2031/"))
    assert "After 0 cases." in text(client.get("/weekly/ranking/2031/?on=2031-03-05"))
    assert client.get("/weekly/ranking/99999/").status_code == 404


def test_comments_are_not_shown_before_they_were_made(cast: Cast, weekly: Round, clock: Any, client: Client) -> None:
    reveal_due(AFTER)
    weekly.refresh_from_db()
    say(weekly, "Said the next day.", by=cast.noel, at=AFTER + timedelta(days=1))
    clock(AFTER + timedelta(days=5))
    assert "Said the next day." in text(client.get("/weekly/"))
    assert "Said the next day." not in text(client.get("/weekly/?on=2031-03-09"))
