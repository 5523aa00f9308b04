"""The weekly case for programs: the same promises as its pages."""

import json

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from firstlight.weekly.models import Round
from tests.alerts.test_feeds import ATOM, NS, check_schematron
from tests.cast import Cast
from tests.weekly.rounds import AFTER, CLOSES, OPEN, OPENS, answer, revealed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What time it is: the last of the list."""
    moments: list[object] = [OPEN]
    monkeypatch.setattr(timezone, "now", lambda: moments[-1])
    return moments


def put(client: Client, round_: Round, answers: object, token: str = "") -> object:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = json.dumps({"answers": answers})
    return client.put(f"/api/weekly/{round_.key}/answers", body, content_type="application/json", headers=headers)


def test_a_program_reads_the_question_and_nothing_of_the_answer(
    cast: Cast, weekly: Round, client: Client, clock: list[object]
) -> None:
    told = client.get("/api/weekly").json()
    assert (told["key"], told["state"], told["history_en"]) == (weekly.key, "open", "Four days of fever.")
    assert told == client.get(f"/api/weekly/{weekly.key}").json()
    assert (told["diagnosis_en"], told["diagnosis_ko"], told["case_url"]) == ("", "", "")
    text = json.dumps(told).lower()
    assert "pneumonia" not in text and "traveller" not in text and "novel-2031" not in text
    assert (
        client.get(
            f"{told['dicom_web']}/studies/{told['study_instance_uid']}/series/{told['series'][0]['seriesInstanceUID']}/metadata"
        ).status_code
        == 200
    )


def test_answers_are_ones_own_and_change_until_the_closing_moment(
    cast: Cast, weekly: Round, client: Client, clock: list[object]
) -> None:
    noel, sora = cast.token(cast.noel), cast.token(cast.sora)
    assert put(client, weekly, ["x"]).status_code == 401  # type: ignore[attr-defined]
    assert put(client, weekly, ["Viral pneumonia"], noel).json()["revisions"] == 0  # type: ignore[attr-defined]
    kept = put(client, weekly, ["Tuberculosis", "Viral pneumonia"], noel).json()  # type: ignore[attr-defined]
    assert kept["answers"] == ["Tuberculosis", "Viral pneumonia"] and kept["points"] is None
    mine = client.get(f"/api/weekly/{weekly.key}/answers", headers={"Authorization": f"Bearer {sora}"}).json()
    assert mine["answers"] == [], "nobody reads another's"
    for bad in ([], ["  "]):
        assert put(client, weekly, bad, noel).status_code == 422  # type: ignore[attr-defined]
    clock.append(CLOSES)
    assert put(client, weekly, ["late"], noel).status_code == 403  # type: ignore[attr-defined]
    mine = client.get(f"/api/weekly/{weekly.key}/answers", headers={"Authorization": f"Bearer {noel}"}).json()
    assert (mine["points"], mine["right_place"]) == (None, None), "closed is not revealed"


def test_authors_and_the_approver_cannot_answer(cast: Cast, weekly: Round, client: Client, clock: list[object]) -> None:
    for member in (cast.haneul, cast.bora):
        assert put(client, weekly, ["x"], cast.token(member)).status_code == 403  # type: ignore[attr-defined]


def test_before_it_opens_there_is_nothing(cast: Cast, weekly: Round, client: Client, clock: list[object]) -> None:
    clock.append(OPENS.replace(minute=0) - (OPEN - OPENS))
    assert client.get("/api/weekly").status_code == 404
    assert client.get(f"/api/weekly/{weekly.key}").status_code == 404
    assert weekly.key not in client.get("/feeds/weekly.atom").content.decode()


def test_after_the_reveal_everything_is_told(cast: Cast, weekly: Round, client: Client, clock: list[object]) -> None:
    answer(weekly, cast.noel, "Viral pneumonia")
    revealed(weekly)
    clock.append(AFTER)
    told = client.get(f"/api/weekly/{weekly.key}").json()
    assert (told["state"], told["diagnosis_en"]) == ("revealed", "Viral pneumonia")
    token = cast.token(cast.noel)
    mine = client.get(f"/api/weekly/{weekly.key}/answers", headers={"Authorization": f"Bearer {token}"}).json()
    assert (mine["points"], mine["right_place"]) == (100, 1)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_feed_tells_when_and_never_what(
    cast: Cast, weekly: Round, client: Client, clock: list[object], language: str
) -> None:
    revealed(weekly)
    clock.append(AFTER)
    answered = client.get(f"/feeds/weekly.atom?lang={language}")
    root = etree.fromstring(answered.content)
    ATOM.assertValid(root)
    check_schematron(root)
    assert len(root.findall("a:entry", NS)) == 2
    assert "pneumonia" not in answered.content.decode().lower() and "traveller" not in answered.content.decode()
    assert client.get("/feeds/weekly.json").json()["items"][0]["_firstlight"]["event"] == "revealed"
    assert client.get("/feeds/weekly.txt").status_code == 404
