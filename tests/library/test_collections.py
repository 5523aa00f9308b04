"""Collections, structured findings and similar cases."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client, override_settings

from firstlight.library.actions.collections import arrange, begin_collection, collect, leave_out, write_collection
from firstlight.library.models import Case, Collection
from firstlight.library.queries.cases import version_in_force
from firstlight.library.queries.collections import (
    cards_in,
    collection_labels,
    collection_shown,
    collections_of,
    public_collections,
)
from firstlight.library.queries.similar import similar_cases
from firstlight.reading.rules.findings import read_findings
from tests.cast import DAWN, Cast
from tests.library.shelf import HOUR, asked, numbers, republished, shelved, taken_back

LATER = DAWN + HOUR
# What pages are asked for is the clock's own day, which comes before the cast's.
PAST = datetime(2020, 3, 1, 9, 0, tzinfo=UTC)


def ct(**values: object) -> dict[str, object]:
    return {"ct": read_findings({"modality": "ct", "values": values}).as_json()}


def collected(cast: Cast, *cases: Case, at: datetime = DAWN) -> Collection:
    made = begin_collection(
        by=cast.haneul, at=PAST, slug="look-alikes", title_ko="닮은 증례", title_en="Look-alikes", is_public=True
    )
    for case in cases:
        collect(made, case, by=cast.haneul, at=at)
    return made


def seen(made: Collection, at: datetime) -> list[int]:
    view = collection_shown(made, at)
    return [each.document.number for each in cards_in(view, at)] if view else []


def test_a_collection_is_kept_as_it_was_seen(cast: Cast, client: Client) -> None:
    made = collected(cast, shelved(cast, at=PAST, title_en="One"), at=PAST)
    write_collection(made, by=cast.haneul, at=PAST + HOUR, title_en="Other words")
    collect(made, shelved(cast, at=PAST, title_en="Two"), by=cast.haneul, at=PAST + 2 * HOUR)
    write_collection(made, by=cast.haneul, at=PAST + 3 * HOUR, is_public=False)
    assert [seen(made, PAST + each * HOUR) for each in range(-1, 4)] == [[], [1], [1], [1, 2], []]
    first, second = (collection_shown(made, PAST + each * HOUR) for each in (0, 1))
    assert (first and first.title_en, second and second.title_en) == ("Look-alikes", "Other words")
    assert client.get("/collections/look-alikes/?on=2020-02-29").status_code == 404
    assert made.versions.count() == 3


def test_readers_see_a_collection_s_published_cases_in_its_order(cast: Cast) -> None:
    cases = [shelved(cast, title_en=f"Case of {each}") for each in ("one", "two", "three")]
    made = collected(cast, *cases)
    arrange(made, [3, 1, 2], by=cast.bora, at=DAWN)
    taken_back(cases[0], at=LATER)
    assert seen(made, LATER) == [3, 2]
    assert seen(made, DAWN) == [3, 1, 2]
    assert [each.count for each in public_collections(LATER)] == [2]
    leave_out(made, cases[2], by=cast.bora, at=LATER)
    assert (seen(made, DAWN), seen(made, LATER)) == ([3, 1, 2], [2])


def test_an_order_names_each_case_once(cast: Cast) -> None:
    made = collected(cast, shelved(cast, title_en="One"), shelved(cast, title_en="Two"))
    for order in ([1], [1, 1], [1, 2, 3], []):
        with pytest.raises(ValidationError):
            arrange(made, order, by=cast.haneul, at=DAWN)


def test_only_editors_put_cases_together(cast: Cast) -> None:
    case = shelved(cast, title_en="One")
    made = collected(cast)
    for member in (cast.noel, cast.maru, cast.ara):
        with pytest.raises(PermissionDenied):
            collect(made, case, by=member, at=DAWN)
        with pytest.raises(PermissionDenied):
            begin_collection(by=member, at=DAWN, slug="x", title_ko="x", title_en="x")


def test_a_collection_is_unknown_before_it_is_public(cast: Cast, client: Client) -> None:
    case = shelved(cast, at=PAST, title_en="One")
    made = collected(cast, case, at=PAST)
    assert client.get("/collections/look-alikes/").status_code == 200
    assert [each.slug for each in collections_of(case.pk, PAST + HOUR)] == [made.slug]
    write_collection(made, by=cast.haneul, at=PAST, is_public=False)
    assert client.get("/collections/look-alikes/").status_code == 404
    assert b"Look-alikes" not in client.get("/collections/").content
    assert (collections_of(case.pk, PAST + HOUR), collection_labels([str(made.pk)])) == ([], {})


def test_an_editor_makes_a_collection_through_its_pages(cast: Cast, client: Client) -> None:
    shelved(cast, at=PAST, title_en="One")
    client.force_login(cast.haneul)
    words = {"title_ko": "모음", "title_en": "Set", "slug": "new"}
    assert b"taken by a page" in client.post("/collections/new/", words).content
    client.post("/collections/new/", words | {"slug": "set"})
    made = Collection.objects.get(slug="set")
    client.post("/cases/1/collect/", {"collection": made.pk})
    client.post("/collections/set/edit/", words | {"slug": "set", "is_public": "on", "cover": Case.objects.get().pk})
    client.post("/collections/set/order/", {"order": "1"})
    client.logout()
    page = client.get("/collections/set/").content.decode()
    assert "One" in page
    assert "In the collections" in client.get("/cases/1/").content.decode()
    assert client.post("/collections/set/order/", {"order": "1"}).status_code == 302
    assert client.get("/collections/set/edit/").status_code == 302


def test_findings_are_recorded_with_the_reading_form(cast: Cast, client: Client) -> None:
    shelved(cast, title_en="One")
    client.force_login(cast.haneul)
    assert client.get("/cases/1/findings/").status_code == 200
    client.post("/cases/1/findings/?modality=ct", {"laterality": "bilateral", "opacities": ["ground_glass"]})
    assert Case.objects.get().readings["ct"]["values"] == {"opacities": ["ground_glass"], "laterality": "bilateral"}
    client.post("/cases/1/findings/?modality=ct", {})
    assert Case.objects.get().readings == {}
    client.force_login(cast.noel)
    assert client.get("/cases/1/findings/").status_code == 403


def test_recorded_findings_narrow_and_are_found_by_their_names(cast: Cast) -> None:
    shelved(cast, title_en="One", readings=ct(laterality="bilateral", effusion="right"))
    shelved(cast, title_en="Two", readings=ct(laterality="left", effusion="none", cavity="no"))
    assert numbers("", "finding:laterality=bilateral") == [1]
    assert numbers("양측") == [1]
    assert numbers("", "finding:effusion=none") == []
    labels = {value.label for each in asked("").facets if each.kind == "finding" for value in each.values}
    assert labels == {"Bilateral", "Left only", "Pleural effusion: Right"}


def test_similar_cases_share_findings_and_say_which(cast: Cast) -> None:
    seen = {"opacities": ["ground_glass"], "laterality": "bilateral", "location": "peripheral"}
    shelved(cast, title_en="This one", readings=ct(**seen))
    shelved(cast, title_en="The same", readings=ct(**seen))
    shelved(cast, title_en="Half", readings=ct(opacities=["ground_glass"], laterality="left", location="peripheral"))
    shelved(cast, title_en="Nothing alike", readings=ct(cavity="yes", laterality="right"))
    gone = shelved(cast, title_en="Taken back", readings=ct(**seen))
    taken_back(gone, at=LATER)
    version = version_in_force(1, at=LATER)
    assert version is not None
    found = similar_cases(version.pk, at=LATER, language="en")
    assert [(each.number, each.percent == 100) for each in found] == [(2, True), (3, False)]
    assert set(found[0].shared) == {"Bilateral", "Ground-glass (hazy)", "Peripheral"}
    assert [each.number for each in similar_cases(version.pk, at=DAWN, language="en")] == [5, 2, 3]


def test_a_case_without_findings_has_none_alike(cast: Cast) -> None:
    shelved(cast, title_en="One")
    shelved(cast, title_en="Two", readings=ct(cavity="yes"))
    version = version_in_force(1, at=LATER)
    assert version is not None
    assert similar_cases(version.pk, at=LATER, language="ko") == []


LOCAL = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "test of fragments"}


def test_a_kept_piece_of_a_page_is_of_its_language_and_version(cast: Cast, client: Client) -> None:
    case = shelved(cast, at=PAST, title_en="One", discussion_en="In English", discussion_ko="우리말로")
    with override_settings(CACHES={"default": LOCAL, "fragments": LOCAL}):
        pages = [
            client.get("/cases/1/", headers={"Accept-Language": each}).content.decode() for each in ("ko", "en") * 2
        ]
        assert ["우리말로" in page for page in pages] == [True, False, True, False]
        assert ["In English" in page for page in pages] == [False, True, False, True]
        republished(cast, case, at=PAST + HOUR, discussion_en="Said anew")
        assert "Said anew" in client.get("/cases/1/", headers={"Accept-Language": "en"}).content.decode()


def test_the_page_of_search_and_its_api_say_the_same(cast: Cast, client: Client) -> None:
    for number in range(1, 27):
        title = "Embolism" if number % 2 else "Infarct"
        shelved(cast, at=PAST, number=number, title_en=title, tags=["odd"] * (number % 2))
    page = client.get("/cases/?q=embolsm&tag=odd&sort=newest")
    told = client.get("/api/cases?q=embolsm&tag=odd&sort=newest").json()
    assert [each["number"] for each in told["cases"]] == [card.document.number for card in page.context["cards"]]
    assert (told["total"], told["did_you_mean"]) == (13, "embolism")
    assert "Did you mean" in page.content.decode()
    offered = client.get("/api/cases/suggestions?q=embo").json()["suggestions"]
    assert offered[0]["text"] == "embolism"
    assert offered[0]["url"] == "/cases/?q=embolism"
    assert client.get("/cases/?q=xyzzy").content.count(b"In no case") == 1
    assert client.get("/cases/?page=2").context["page_obj"].number == 2
    assert client.get("/cases/?page=nonsense&sort=x&year=%00").status_code == 200


def test_suggestions_hold_nothing_that_is_not_in_force(cast: Cast, client: Client) -> None:
    case = shelved(cast, at=PAST, title_en="Sarcoidosis")
    assert client.get("/api/cases/suggestions?q=sarc").json()["suggestions"]
    taken_back(case, at=PAST + HOUR)
    assert client.get("/api/cases/suggestions?q=sarc").json()["suggestions"] == []
