"""The pages, as each person meets them."""

import re

import pytest
from django.test import Client

from firstlight.imaging.actions import receive
from firstlight.imaging.models import Series
from firstlight.library.models import Case, CaseTag
from firstlight.outbreaks.models import Outbreak
from tests.cast import DAWN, Cast
from tests.drafts import TEXTS
from tests.shipments import ct

LONG_AGO = DAWN.replace(year=2020)


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    """The outbreak, moved to where the site's own clock sees it."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=LONG_AGO)
    return Outbreak.objects.get()


def test_a_case_is_made_reviewed_and_read_through_its_pages(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    list(receive(ct(3), outbreak=outbreak, by=None, at=LONG_AGO))
    client.force_login(cast.haneul)
    edit = client.post("/cases/new/", {"outbreak": outbreak.slug}).headers["Location"]
    number = int(re.findall(r"\d+", edit)[0])
    series = Series.objects.get()
    client.post(f"/cases/{number}/studies/", {"study": series.study_id})
    client.post(f"/cases/{number}/key-images/", {"series": series.pk, "slice": 2, "caption_en": "The opacity"})
    form = {**TEXTS, "licence": "CC BY 4.0", "sign_off": "unsigned"}
    assert client.post(edit, {**form, "preview": "1"}).headers["Location"] == f"/cases/{number}/preview/"
    client.post(f"/cases/{number}/submit/")
    assert client.post(f"/cases/{number}/publish/", follow=True).status_code == 200
    assert Case.objects.get().state == "in_review", "nobody publishes their own"
    assert client.get(f"/cases/{number}/").status_code == 404
    client.force_login(cast.bora)
    assert b'action="/cases/%d/publish/"' % number in client.get(f"/cases/{number}/preview/").content
    client.post(f"/cases/{number}/publish/")
    client.logout()
    page = client.get(f"/cases/{number}/").content.decode()
    for text in ("Fever in a traveller", "Viral pneumonia", "https://doi.org/10.1000/182", 'href="#ref-1"'):
        assert text in page
    instance = series.instances.all()[1]
    assert f'href="#image={instance.sop_instance_uid}/1"' in page
    assert f'"seriesInstanceUID": "{series.series_instance_uid}"' in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_speak_the_readers_language(cast: Cast, outbreak: Outbreak, client: Client, language: str) -> None:
    test_a_case_is_made_reviewed_and_read_through_its_pages(cast, outbreak, client)
    words = {"ko": ("여행자의 발열", "증례"), "en": ("Fever in a traveller", "Cases")}[language]
    for path in ("/", f"/outbreaks/{outbreak.slug}/", f"/outbreaks/{outbreak.slug}/cases/", "/cases/", "/cases/1/"):
        page = client.get(path, headers={"Accept-Language": language}).content.decode()
        assert f'<html lang="{language}">' in page
        assert all(word in page for word in words), path
    page = client.get("/cases/1/", headers={"Accept-Language": "ko"}).content.decode()
    assert '<section class="prose" lang="en">' in page, "English text is marked as such"


def test_a_case_is_not_there_before_its_day(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    test_a_case_is_made_reviewed_and_read_through_its_pages(cast, outbreak, client)
    assert client.get("/cases/1/?on=2020-06-01").status_code == 404
    assert "Fever" not in client.get(f"/outbreaks/{outbreak.slug}/cases/?on=2020-06-01").content.decode()


@pytest.mark.parametrize("path", ["/cases/desk/", "/cases/1/edit/", "/cases/1/preview/", "/quarantine/"])
def test_the_editors_pages_are_theirs(cast: Cast, outbreak: Outbreak, client: Client, path: str) -> None:
    test_a_case_is_made_reviewed_and_read_through_its_pages(cast, outbreak, client)
    client.logout()
    assert client.get(path).headers["Location"].startswith("/account/login/")
    client.force_login(cast.noel)
    assert client.get(path).status_code == 403
    client.force_login(cast.haneul)
    assert client.get(path).status_code == 200


def test_markup_in_a_text_stays_text(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    test_a_case_is_made_reviewed_and_read_through_its_pages(cast, outbreak, client)
    client.force_login(cast.haneul)
    evil = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))"
    form = {**TEXTS, "licence": "CC BY 4.0", "sign_off": "unsigned"}
    client.post("/cases/1/edit/", {**form, **{name: evil for name in TEXTS if name.endswith(("_en", "references"))}})
    page = client.get("/cases/1/preview/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def test_cases_are_narrowed_by_tag(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    test_a_case_is_made_reviewed_and_read_through_its_pages(cast, outbreak, client)
    for key, label in (("fever", "Fever"), ("unused", "Unused")):
        CaseTag.objects.create(outbreak=outbreak, key=key, label_ko="열", label_en=label)
    client.force_login(cast.haneul)
    client.post("/cases/1/edit/", {**TEXTS, "licence": "CC BY 4.0", "sign_off": "unsigned", "tags": ["fever"]})
    client.post("/cases/1/submit/")
    client.force_login(cast.bora)
    client.post("/cases/1/publish/")
    address = f"/outbreaks/{outbreak.slug}/cases/"
    page = client.get(address + "?tag=fever").content.decode()
    assert "Fever" in page
    assert "Unused" not in page
    assert len(client.get(address + "?tag=fever").context["cards"]) == 1
    assert client.get(address + "?tag=unused").context["cards"] == []
