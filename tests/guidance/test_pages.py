"""The pages: for readers, at the bedside, and for two editors."""

from xml.etree import ElementTree

import pytest
from django.test import Client

from firstlight.guidance.models import Draft, GuidelineVersion
from tests.cast import Cast
from tests.guidance.scenes import NAME, drafted, outbreak_of, published

pytestmark = pytest.mark.django_db
ROOT = f"/outbreaks/{NAME}/guidance/"


@pytest.fixture
def english() -> Client:
    return Client(headers={"accept-language": "en"})


def test_an_outbreak_shows_its_guidelines_and_its_history(cast: Cast, english: Client) -> None:
    published(cast)
    page = english.get(ROOT).text
    assert "KSR/KSTR guidelines for the use" in page
    assert "Needs clinical sign-off" in page
    assert "No guideline yet" in english.get(f"{ROOT}?on=2022-03-01").text


def test_a_guideline_shows_each_recommendation_with_its_ground(cast: Cast, english: Client) -> None:
    published(cast)
    page = english.get(f"{ROOT}ksr-kstr-2020/").text
    assert 'id="KR20-3b"' in page
    assert "https://doi.org/10.3348/jksr.2020.81.3.577" in page
    assert "was cut off in the text that was read" in page
    assert english.get(f"{ROOT}ksr-kstr-2020/1/").status_code == 200
    assert english.get(f"{ROOT}ksr-kstr-2020/2/").status_code == 404
    assert english.get(f"{ROOT}ksr-kstr-2020/?on=2022-03-01").status_code == 404
    assert english.get(f"{ROOT}ksr-kstr-2020/1.toml").text == GuidelineVersion.objects.get().text


def test_the_bedside_answers_without_javascript_and_keeps_nothing(cast: Cast, english: Client) -> None:
    published(cast)
    published(cast, "acr-2020", is_own=False)
    answer = english.get(f"{ROOT}now/?symptoms=respiratory&severity=mild&test_status=negative&suspicion=high")
    page = answer.text
    assert 'data-recommendation="KR20-4"' in page
    assert 'data-recommendation="ACR-1"' in page
    assert "They disagree" in page
    assert "Suspicion: High" in page
    assert answer["Cache-Control"] == "no-store"
    assert "sessionid" not in answer.cookies


def test_age_is_a_tap_between_what_guidelines_tell_apart(cast: Cast, english: Client) -> None:
    published(cast, "who-2020", is_own=False)
    page = english.get(f"{ROOT}now/?symptoms=respiratory&test_status=delayed&age_years=0").text
    assert "at least 18" in page
    assert "It is not for this patient." in page
    older = english.get(f"{ROOT}now/?symptoms=respiratory&age_years=35").text
    assert 'value="18" id="id_age_years_18" checked' in older
    assert "It is not for" not in english.get(f"{ROOT}now/?symptoms=respiratory&test_status=delayed&age_years=18").text


def test_the_bedside_speaks_korean(cast: Cast) -> None:
    published(cast)
    page = Client(headers={"accept-language": "ko"}).get(f"{ROOT}now/?setting=screening_clinic&symptoms=none").text
    assert "선별진료소" in page
    assert "흉부 X선이나 CT로 선별하지 않습니다" in page
    assert "지금 어떤 검사를?" in page


def test_the_bedside_takes_no_nonsense(cast: Cast, english: Client) -> None:
    published(cast)
    page = english.get(f"{ROOT}now/", {"symptoms": "<script>alert(1)</script>", "severity": "mild"})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "cannot stand beside" in english.get(f"{ROOT}now/?symptoms=none&severity=critical").text


def test_a_stranger_sees_no_draft_and_opens_no_desk(cast: Cast, english: Client) -> None:
    draft = drafted(cast)
    assert "Being written" not in english.get(ROOT).text
    for address in (f"/guidance/drafts/{draft.pk}/", f"/guidance/drafts/{draft.pk}/review/", f"{ROOT}new/"):
        assert english.get(address).status_code == 302
    english.force_login(cast.noel)
    assert english.get(f"/guidance/drafts/{draft.pk}/").status_code == 403
    assert english.post(f"/guidance/drafts/{draft.pk}/check/", {"text": "x"}).status_code == 403


def test_the_checker_answers_while_one_types(cast: Cast, english: Client) -> None:
    draft = drafted(cast)
    english.force_login(cast.haneul)
    address = f"/guidance/drafts/{draft.pk}/check/"
    assert "No gap, no overlap, no contradiction" in english.post(address, {"text": draft.text}).text
    broken = draft.text.replace('purposes = ["rule_out"]', 'purposes = ["diagnosis"]')
    page = english.post(address, {"text": broken}).text
    assert "KR20-3 and KR20-3b contradict each other" in page
    assert "It cannot be read yet" in english.post(address, {"text": "<b>"}).text
    assert Draft.objects.get().text == draft.text


def test_from_draft_to_publication_on_the_site(cast: Cast, english: Client) -> None:
    outbreak_of(cast)
    haneul, bora = Client(headers={"accept-language": "en"}), english
    haneul.force_login(cast.haneul)
    bora.force_login(cast.bora)
    begun = haneul.post(f"{ROOT}new/", {"slug": "imaging", "title_en": "Ours", "parent": "who-2020", "is_own": "on"})
    draft = Draft.objects.get()
    assert begun.url == f"/guidance/drafts/{draft.pk}/"  # type: ignore[attr-defined]
    form = haneul.get(f"/guidance/drafts/{draft.pk}/recommendation/?id=R6")
    assert "Improved" not in form.text
    assert "symptoms = &quot;resolved&quot;" in form.text
    fields = {
        "id": "R6",
        "question": "management",
        "when": 'symptoms = "resolved"\nplace = "hospital"',
        "modalities": ["ct"],
        "purposes": ["discharge"],
        "direction": "against",
        "verb": "not_suggested",
        "strength": "conditional",
        "certainty": "expert_opinion",
        "text_ko": "가",
        "text_en": "No CT before discharge.",
        "sources": ["guide"],
        "mark": "V2",
        "watch": "chest imaging before discharge",
    }
    saved = haneul.post(f"/guidance/drafts/{draft.pk}/recommendation/?id=R6", fields)
    assert saved.status_code == 302
    assert "No CT before discharge." in Draft.objects.get().text
    assert haneul.post(f"/guidance/drafts/{draft.pk}/submit/").url == f"/guidance/drafts/{draft.pk}/review/"  # type: ignore[attr-defined]
    assert haneul.post(f"/guidance/drafts/{draft.pk}/publish/").status_code == 403
    assert "No CT before discharge." in bora.get(f"/guidance/drafts/{draft.pk}/review/").text
    told = bora.post(f"/guidance/drafts/{draft.pk}/publish/", {"notice": "on"})
    assert told.url.startswith("/alerts/")  # type: ignore[attr-defined]
    assert "No CT before discharge." in bora.get(f"{ROOT}imaging/").text


def test_a_file_that_is_no_guideline_is_refused_with_a_word(cast: Cast, english: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    outbreak_of(cast)
    english.force_login(cast.haneul)
    for data in (b"\xff\xfe\x00", b"slug = ", b"x = 1"):
        page = english.post(f"{ROOT}new/", {"file": SimpleUploadedFile("g.toml", data), "is_own": "on"})
        assert page.status_code == 200
        assert "error" in page.text
    assert not Draft.objects.exists()


def test_the_feed_tells_each_version(cast: Cast, english: Client) -> None:
    published(cast)
    atom = "{http://www.w3.org/2005/Atom}"
    entries = ElementTree.fromstring(english.get("/feeds/guidelines.atom").content).findall(f"{atom}entry")
    assert [entry.findtext(f"{atom}title") for entry in entries] == [
        "KSR/KSTR guidelines for the use of diagnostic imaging for COVID-19"
    ]
    assert english.get("/feeds/guidelines.json").json()["items"][0]["_firstlight"]["number"] == 1
    assert english.get("/feeds/guidelines.json?outbreak=other").json()["items"] == []
    assert english.get("/feeds/guidelines.exe").status_code == 404


def test_the_overview_has_its_card(cast: Cast, english: Client) -> None:
    published(cast)
    assert "Which imaging, now?" in english.get(f"/outbreaks/{NAME}/").text


def test_a_notice_that_points_at_a_recommendation_is_found_from_there(cast: Cast, english: Client) -> None:
    from firstlight.alerts.models import Notice
    from firstlight.alerts.queries.targets import target_of
    from tests.guidance.scenes import DAY, PAST

    published(cast)
    target = target_of("guideline", f"{NAME}/ksr-kstr-2020/KR20-4", at=PAST + DAY)
    assert target is not None
    assert target.url.endswith("/guidance/ksr-kstr-2020/#KR20-4")
    at = {"created_at": PAST, "written_at": PAST, "issued_at": PAST + DAY}
    people = {"created_by": cast.haneul, "submitted_by": cast.haneul, "approved_by": cast.bora}
    notice = Notice.objects.create(
        number=1, outbreak=outbreak_of(cast), state="issued", title_en="CT now", **at, **people
    )
    notice.links.create(kind="guideline", key=target.key, title_ko=target.title_ko, title_en=target.title_en)
    assert "CT now" in english.get(f"{ROOT}ksr-kstr-2020/").text
    evidence = english.get(f"/outbreaks/{NAME}/evidence/").text
    assert "CT now" in evidence
    assert "KR20-4" in evidence
