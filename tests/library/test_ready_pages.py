"""Pages made ready: exactly what would be written now, shown at once when anything changes, and to everyone alike."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from firstlight.imaging.models import Receipt, Series
from firstlight.library import actions, hooks
from firstlight.library.actions import collections
from firstlight.library.models import Case, CaseVersion, ReadyPage
from firstlight.library.queries.cases import version_in_force
from firstlight.library.queries.standing import standing_of
from firstlight.library.views import ready
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.web import keeping
from tests.cast import DAWN, Cast
from tests.drafts import HOUR

PAST = DAWN.replace(year=2020)
LATER = PAST + timedelta(days=1)
TOKENS = re.compile(r'value="[A-Za-z0-9]{64}"')


@pytest.fixture(autouse=True)
def caches_as_they_are_served(settings: Any) -> None:
    """What the tests' settings switch off; what was kept before this test is forgotten."""
    settings.KEPT_SECONDS = 1.0
    settings.CACHES = {
        each: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": f"{each} {timezone.now()}"}
        for each in ("default", "fragments")
    }
    keeping._kept.clear()


@pytest.fixture
def case(cast: Cast, case: Case) -> Case:
    """Haneul's case, published where the site's own clock sees it."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=PAST)
    actions.submit_case(case, by=cast.haneul, at=PAST)
    actions.publish_case(case, by=cast.bora, at=PAST)
    return Case.objects.get(pk=case.pk)


@pytest.fixture(params=["made when asked for", "made ready"])
def read(request: pytest.FixtureRequest, case: Case, client: Client) -> Client:
    """A reader's browser, who saw the page before anything changed: in both languages, from either store."""
    if request.param == "made ready":
        assert ready.make_pages_ready(timezone.now()) == 2
    for language in ("ko", "en"):
        assert page(client, language).startswith("<!doctype html>")
    return client


def page(client: Client, language: str = "en", path: str = "/cases/1/") -> str:
    return client.get(path, headers={"Accept-Language": language}).content.decode()


def a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the clock of what is kept for a second on by so much."""
    now = keeping.time.monotonic() + 1.01
    monkeypatch.setattr(keeping, "time", SimpleNamespace(monotonic=lambda: now))


def corrected(cast: Cast, case: Case, **texts: str) -> CaseVersion:
    actions.write_case(case, by=cast.haneul, at=LATER, **texts)
    actions.submit_case(case, by=cast.haneul, at=LATER)
    return actions.publish_case(case, by=cast.bora, at=LATER, kind="major", reason_en="The diagnosis was wrong.")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_page_made_ready_is_the_page_written_now(case: Case, client: Client, language: str) -> None:
    now = timezone.now()
    assert ready.make_pages_ready(now) == 2
    standing, version = standing_of(1, at=now, language=language), version_in_force(1, at=now)
    assert standing and version and standing.ready is not None
    with translation.override(language):
        assert standing.ready == ready.version_pieces(version, at=now)
    kept = page(client, language)
    ReadyPage.objects.all().delete()
    assert TOKENS.sub("", page(client, language)) == TOKENS.sub("", kept)


def test_a_page_is_made_ready_once_and_again_when_it_would_say_something_else(cast: Cast, case: Case) -> None:
    assert [ready.make_pages_ready(timezone.now()) for _time in range(2)] == [2, 0]
    actions.note_doi(case, "10.5555/1", by=cast.haneul, at=LATER)
    assert [ready.make_pages_ready(timezone.now()) for _time in range(2)] == [2, 0]
    assert ReadyPage.objects.count() == 2


def test_a_reader_of_a_ready_page_waits_for_few_rows(
    case: Case, client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ready.make_pages_ready(timezone.now())
    page(client)
    monkeypatch.setattr(ready, "version_pieces", None)
    with django_assert_max_num_queries(5):  # the fifth: which of the papers it cites are held here
        assert "Viral pneumonia" in page(client)


def test_a_correction_is_read_at_once(cast: Cast, case: Case, read: Client) -> None:
    corrected(cast, case, diagnosis_en="Organising pneumonia")
    shown = page(read)
    assert "Organising pneumonia" in shown and "The diagnosis was wrong." in shown
    assert "Viral pneumonia" not in shown
    before = page(read, path=f"/cases/1/?on={PAST:%Y-%m-%d}")
    assert "Viral pneumonia" in before and "The diagnosis was wrong." not in before


@pytest.mark.parametrize(("how", "status"), [("retract_case", 410), ("withdraw_case", 404)])
def test_a_case_taken_back_is_gone_at_once(cast: Cast, case: Case, read: Client, how: str, status: int) -> None:
    why = {"why": "A reason."} if how == "withdraw_case" else {}
    getattr(actions, how)(case, by=cast.haneul, at=LATER, reason_en="The images are another patient's.", **why)
    for language in ("ko", "en"):
        answer = read.get("/cases/1/", headers={"Accept-Language": language})
        assert answer.status_code == status
        assert b"Viral pneumonia" not in answer.content and b"data-viewer" not in answer.content


def test_a_hold_keeps_the_new_version_back_and_the_old_one_shown(
    cast: Cast, case: Case, read: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "_holds", [lambda _case, _at: "It is being asked."])
    with pytest.raises(PermissionDenied):
        corrected(cast, case, diagnosis_en="Organising pneumonia")
    assert "Viral pneumonia" in page(read) and "Organising pneumonia" not in page(read)


def test_what_is_known_of_its_images_is_read_at_once(case: Case, read: Client) -> None:
    series = Series.objects.select_related("study").get()
    series.frame_count, series.description = 987, "Thin"
    series.save()
    assert '"frameCount": 987' in page(read) and "Thin" in page(read)
    assert "/receipts/" not in page(read)
    uid = series.study.study_instance_uid
    Receipt.objects.create(study_instance_uid=uid, digest="1" * 64, document={}, received_at=LATER)
    assert "How these images were de-identified" in page(read)
    middle = series.instances.get(stack_index=1)
    series.instances.filter(pk=middle.pk).update(sop_instance_uid="1.2.3.4")
    assert "1.2.3.4/rendered" in page(read)


def test_a_doi_and_a_name_are_read_at_once(cast: Cast, case: Case, read: Client) -> None:
    actions.note_doi(case, "10.5555/firstlight.1", by=cast.haneul, at=LATER)
    assert "10.5555/firstlight.1" in page(read)
    Member.objects.filter(pk=cast.bora.pk).update(name="Bora the Younger")
    assert "Bora the Younger" in page(read)


def test_an_edited_collection_is_read_within_a_second(
    cast: Cast, case: Case, read: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"slug": "twice", "title_en": "Best of March", "title_ko": "두 번 보라", "is_public": True}
    made = collections.begin_collection(by=cast.haneul, at=PAST, **words)
    collections.collect(made, case, by=cast.haneul, at=PAST)
    a_second_later(monkeypatch)
    assert "Best of March" in page(read) and "두 번 보라" in page(read, "ko")
    collections.write_collection(made, by=cast.haneul, at=LATER, title_en="Best of spring")
    a_second_later(monkeypatch)
    assert "Best of spring" in page(read) and "Best of March" not in page(read)
    collections.write_collection(made, by=cast.haneul, at=LATER, is_public=False)
    a_second_later(monkeypatch)
    assert "Best of spring" not in page(read)


def test_each_reads_in_their_own_language_and_only_an_editor_is_offered_to_edit(
    cast: Cast, case: Case, read: Client
) -> None:
    editor, stranger = Client(), Client()
    editor.force_login(cast.bora)
    for _round in range(2):
        assert "/cases/1/edit/" in page(editor) and "Bora</summary>" in page(editor)
        for language, words in (("ko", "여행자의 발열"), ("en", "Fever in a traveller")):
            shown = page(stranger, language)
            assert f'<html lang="{language}">' in shown and f"<h1>{words}</h1>" in shown
            assert "/cases/1/edit/" not in shown and "Bora</summary>" not in shown
            assert "/account/logout/" not in shown and "/cases/desk/" not in shown
    editor.logout()
    assert "/cases/1/edit/" not in page(editor)


def test_each_has_a_token_of_their_own(case: Case, read: Client) -> None:
    found = {
        token for _reader in range(2) for token in re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page(Client()))
    }
    assert len(found) == 2


def test_a_search_finds_a_correction_within_a_second_and_no_case_taken_back(
    cast: Cast, case: Case, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(words: str) -> bool:
        return 'href="/cases/1/"' in page(client, path=f"/cases/?q={words}")

    assert found("traveller") and not found("sailor")
    corrected(cast, case, title_en="Fever in a sailor")
    a_second_later(monkeypatch)
    assert found("sailor") and not found("traveller")
    assert "Fever in a sailor" in page(client, path="/cases/?q=sailor")
    actions.withdraw_case(case, by=cast.haneul, at=LATER + HOUR, why="A reason.")
    assert not found("sailor"), "the database has the last word, before the index is read anew"
