from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstlight.audit.models import Entry
from firstlight.imaging.actions import receive
from firstlight.imaging.models import Series, Study
from firstlight.library import actions
from firstlight.library.models import Case, CaseVersion
from firstlight.library.queries.cases import document_of, version_in_force
from firstlight.library.rules import KeyImageView, link_key_images, reference_of
from tests.cast import DAWN, Cast
from tests.drafts import HOUR, TEXTS, published
from tests.shipments import ct


def test_a_second_editor_publishes_and_the_world_sees(cast: Cast, case: Case, client: Client) -> None:
    version = published(cast, case)
    assert version.number == 1
    assert Study.objects.get().public_since == DAWN + 2 * HOUR
    assert version_in_force(case.number, at=DAWN + 2 * HOUR) == version
    assert version_in_force(case.number, at=DAWN + HOUR) is None
    verbs = list(Entry.objects.filter(target=f"case:{case.pk}").order_by("pk").values_list("verb", flat=True))
    assert verbs[-2:] == ["case.submitted", "case.published"]


def test_nobody_publishes_their_own(cast: Cast, case: Case) -> None:
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied, match="Nobody publishes their own"):
        actions.publish_case(case, by=cast.haneul, at=DAWN)
    assert not CaseVersion.objects.exists()


def test_not_even_through_someone_else_who_wrote_in_it(cast: Cast, case: Case) -> None:
    actions.write_case(case, by=cast.bora, at=DAWN, title_en="Better title")
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied):
        actions.publish_case(case, by=cast.bora, at=DAWN)


def test_the_database_refuses_it_too(cast: Cast, case: Case) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseVersion.objects.create(
            case=case, number=1, document={}, in_force_from=DAWN, submitted_by=cast.bora, published_by=cast.bora
        )


@pytest.mark.parametrize("name", ["Maru", "Sora", "Ara", "Noel"])
def test_only_editors_work_on_cases(cast: Cast, case: Case, name: str) -> None:
    member = cast.everyone()[name]
    assert member is not None
    with pytest.raises(PermissionDenied):
        actions.begin_case(outbreak=None, by=member, at=DAWN)
    with pytest.raises(PermissionDenied):
        actions.write_case(case, by=member, at=DAWN, title_en="x")
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied):
        actions.publish_case(case, by=member, at=DAWN)


@pytest.mark.parametrize(
    "field", ["history_en", "findings_en", "diagnosis_en", "discussion_en", "teaching_points_en", "certainty"]
)
def test_review_names_what_is_missing(cast: Cast, case: Case, field: str) -> None:
    actions.write_case(case, by=cast.haneul, at=DAWN, **{field: ""})
    with pytest.raises(ValidationError):
        actions.submit_case(case, by=cast.haneul, at=DAWN)


def test_a_text_may_not_point_at_an_image_that_is_not_there(cast: Cast, case: Case) -> None:
    actions.write_case(case, by=cast.haneul, at=DAWN, findings_en="[Here](key:9)")
    with pytest.raises(ValidationError, match="key images"):
        actions.submit_case(case, by=cast.haneul, at=DAWN)


def test_readers_keep_the_version_in_force_while_it_is_rewritten(cast: Cast, case: Case) -> None:
    published(cast, case)
    later = DAWN + timedelta(days=5)
    actions.write_case(case, by=cast.haneul, at=later, title_en="New title")
    shown = version_in_force(case.number, at=later)
    assert shown is not None
    assert shown.document["title_en"] == TEXTS["title_en"]
    actions.submit_case(case, by=cast.haneul, at=later)
    second = actions.publish_case(case, by=cast.bora, at=later + HOUR)
    assert second.number == 2
    old, new = (version_in_force(case.number, at=at) for at in (later, later + HOUR))
    assert old is not None and new is not None
    assert (old.number, new.number) == (1, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.lists(st.integers(3, 500), min_size=1, max_size=4, unique=True), st.lists(st.integers(0, 600), min_size=1))
def test_at_any_moment_readers_see_the_last_version_published_by_then(
    cast: Cast, case: Case, hours: list[int], asked: list[int]
) -> None:
    case.versions.all().delete()
    starts = sorted(hours)
    for hour in starts:
        actions.write_case(case, by=cast.haneul, at=DAWN, title_en=f"As of hour {hour}")
        actions.submit_case(case, by=cast.haneul, at=DAWN)
        actions.publish_case(case, by=cast.bora, at=DAWN + hour * HOUR)
        case.refresh_from_db()
    for hour in [*asked, *starts, *(start - 1 for start in starts)]:
        shown = version_in_force(case.number, at=DAWN + hour * HOUR)
        before = [start for start in starts if start <= hour]
        assert (shown.document["title_en"] if shown else None) == (f"As of hour {before[-1]}" if before else None)


def test_a_withdrawn_case_is_gone_and_its_images_close(cast: Cast, case: Case, client: Client) -> None:
    published(cast, case)
    actions.withdraw_case(case, by=cast.bora, at=DAWN + 3 * HOUR, why="wrong patient age")
    assert version_in_force(case.number, at=DAWN + 3 * HOUR) is None
    assert version_in_force(case.number, at=DAWN + 2 * HOUR) is not None
    assert Study.objects.get().public_since is None


def test_a_case_given_back_is_a_draft_with_a_reason(cast: Cast, case: Case) -> None:
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    actions.return_case(case, by=cast.bora, at=DAWN, why="The left side?")
    case.refresh_from_db()
    assert case.state == "draft"
    assert Entry.objects.get(verb="case.returned").details == {"why": "The left side?"}


def test_key_images_are_images_of_the_case(cast: Cast, case: Case) -> None:
    list(receive(ct(1, study=9, series=9), outbreak=cast.outbreak, by=cast.haneul, at=DAWN))
    foreign = Series.objects.exclude(pk__in=case.series.all()).get().instances.get()
    with pytest.raises(ValidationError):
        actions.add_key_image(case, foreign, by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError):
        actions.add_key_image(case, case.series.get().instances.all()[0], by=cast.haneul, at=DAWN, frame=2)


def test_taking_a_series_out_takes_its_key_images_along(cast: Cast, case: Case) -> None:
    actions.detach_series(case, case.series.get(), by=cast.haneul, at=DAWN)
    assert document_of(case).series == []
    assert document_of(case).key_images == []


@pytest.mark.parametrize(
    ("line", "text", "doi"),
    [
        ("A. B. doi:10.1000/182", "A. B.", "10.1000/182"),
        ("A. B. https://doi.org/10.1000/182.", "A. B.", "10.1000/182"),
        ("A. B. DOI 10.3348/kjr.2020.0132", "A. B.", "10.3348/kjr.2020.0132"),
        ("No number here", "No number here", ""),
    ],
)
def test_a_reference_ends_in_its_doi(line: str, text: str, doi: str) -> None:
    assert (reference_of(line).text.removesuffix(" DOI"), reference_of(line).doi) == (text, doi)


def test_links_point_at_their_images() -> None:
    image = KeyImageView(3, "1.2.3", 7, "", "")
    assert link_key_images("see [a](key:3) and [b](key:4)", [image]) == "see [a](#image=1.2.3/7) and [b](#viewer)"
