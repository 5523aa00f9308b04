"""Two people, versions in force, and what others are told."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from firstlight.alerts.models import NoticeLink
from firstlight.audit.models import Entry
from firstlight.guidance import actions
from firstlight.guidance.models import Draft, GuidelineVersion, LivingGuideline
from firstlight.guidance.queries import (
    first_guideline_at,
    guideline_links,
    guideline_news,
    guidelines_in_force,
    guidelines_of,
    guidelines_waiting_for,
    new_guidelines,
    rehearsal_of,
)
from firstlight.guidance.rules.inputs import Words
from firstlight.guidance.rules.rehearsing import Situation
from firstlight.outbreaks.actions import go_live, prepare_outbreak, undo_activation
from firstlight.outbreaks.hooks import milestones
from tests.cast import Cast
from tests.guidance.scenes import DAY, HOUR, PAST, drafted, outbreak_of, published, revised

pytestmark = pytest.mark.django_db
NEXT = PAST + 3 * DAY
SOFTER = ('verb = "recommended"', 'verb = "considered"')


def test_nobody_publishes_what_they_wrote(cast: Cast) -> None:
    draft = actions.submit_draft(drafted(cast), by=cast.haneul, at=PAST + HOUR)
    for member in (cast.haneul, cast.noel):
        with pytest.raises(PermissionDenied):
            actions.publish_draft(draft, by=member, at=PAST + DAY)
    assert not GuidelineVersion.objects.exists()
    actions.publish_draft(draft, by=cast.bora, at=PAST + DAY)
    assert Entry.objects.filter(verb="guideline.published").count() == 1


def test_the_database_holds_it_too(cast: Cast) -> None:
    version = published(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        GuidelineVersion.objects.filter(pk=version.pk).update(published_by=version.written_by)


def test_whoever_writes_in_a_draft_can_no_longer_publish_it(cast: Cast) -> None:
    draft = drafted(cast)
    actions.write_draft(draft, draft.text + "\n# seen", revision=draft.revision, by=cast.bora, at=PAST)
    actions.submit_draft(draft, by=cast.haneul, at=PAST + HOUR)
    with pytest.raises(PermissionDenied, match="Nobody publishes their own"):
        actions.publish_draft(draft, by=cast.bora, at=PAST + DAY)


def test_a_guideline_with_a_contradiction_is_not_sent_for_review(cast: Cast) -> None:
    draft = drafted(cast)
    text = draft.text.replace('purposes = ["rule_out"]', 'purposes = ["diagnosis"]')
    actions.write_draft(draft, text, revision=draft.revision, by=cast.haneul, at=PAST)
    with pytest.raises(ValidationError, match="checker found"):
        actions.submit_draft(draft, by=cast.haneul, at=PAST)
    actions.write_draft(draft, "slug = ", revision=draft.revision, by=cast.haneul, at=PAST)
    with pytest.raises(ValidationError, match="not TOML"):
        actions.submit_draft(draft, by=cast.haneul, at=PAST)
    draft.refresh_from_db()
    assert draft.text == "slug = ", "what is wrong is kept all the same"


def test_two_editors_do_not_write_over_each_other(cast: Cast) -> None:
    draft = drafted(cast)
    first = draft.revision
    actions.write_draft(draft, draft.text + "\n# mine", revision=first, by=cast.haneul, at=PAST)
    with pytest.raises(ValidationError, match="Somebody else saved"):
        actions.write_draft(draft, "other", revision=first, by=cast.bora, at=PAST)
    assert draft.text.endswith("# mine")


def test_a_new_version_supersedes_and_the_old_day_keeps_the_old_one(cast: Cast) -> None:
    version = published(cast)
    draft = revised(cast, version.guideline, SOFTER)
    actions.submit_draft(draft, by=cast.haneul, at=NEXT)
    actions.publish_draft(draft, by=cast.bora, at=NEXT)
    then, now = (guidelines_in_force(at=at, outbreak=outbreak_of(cast)) for at in (PAST + DAY, NEXT))
    assert [(each.number, each.guideline.by_id["KR20-3"].verb) for each in (*then, *now)] == [
        (1, "recommended"),
        (2, "considered"),
    ]
    assert guidelines_in_force(at=PAST, outbreak=outbreak_of(cast)) == ()


def test_the_same_version_is_not_published_twice(cast: Cast) -> None:
    living = published(cast).guideline
    draft = revised(cast, living, ('version = "2"', 'version = "1"'))
    with pytest.raises(ValidationError, match="raise it"):
        actions.submit_draft(draft, by=cast.haneul, at=NEXT)


def test_a_guideline_is_not_published_before_it_takes_effect_and_ends_when_it_says(cast: Cast) -> None:
    living = published(cast).guideline
    later = revised(cast, living, ("effective_from = 2022-03-03", "effective_from = 2022-03-09"))
    actions.submit_draft(later, by=cast.haneul, at=NEXT)
    with pytest.raises(ValidationError, match="publish it then"):
        actions.publish_draft(later, by=cast.bora, at=NEXT)
    until = "effective_from = 2022-03-03\neffective_until = 2022-03-20"
    text = later.text.replace("effective_from = 2022-03-09", until)
    actions.write_draft(later, text, revision=later.revision, by=cast.haneul, at=NEXT)
    actions.submit_draft(later, by=cast.haneul, at=NEXT)
    actions.publish_draft(later, by=cast.bora, at=NEXT)
    assert len(guidelines_in_force(at=NEXT, outbreak=outbreak_of(cast))) == 1
    assert guidelines_in_force(at=NEXT + 30 * DAY, outbreak=outbreak_of(cast)) == ()


def test_only_one_draft_at_a_time_and_a_dropped_one_makes_room(cast: Cast) -> None:
    living = published(cast).guideline
    draft = actions.begin_draft(living, by=cast.haneul, at=NEXT)
    with pytest.raises(ValidationError, match="being changed already"):
        actions.begin_draft(living, by=cast.bora, at=NEXT)
    actions.drop_draft(draft, by=cast.haneul, at=NEXT)
    assert actions.begin_draft(living, by=cast.bora, at=NEXT).state == Draft.State.DRAFT


def test_a_draft_given_back_says_why_and_waits_for_its_author(cast: Cast) -> None:
    draft = actions.submit_draft(drafted(cast), by=cast.haneul, at=PAST)
    tasks = [str(each.label) for each in guidelines_waiting_for(outbreak_of(cast), cast.bora, PAST)]
    assert tasks == ["A guideline waits for review: ksr-kstr-2020"]
    assert list(guidelines_waiting_for(outbreak_of(cast), cast.haneul, PAST)) == []
    actions.return_draft(draft, because="Cite the paper.", by=cast.bora, at=PAST)
    (task,) = guidelines_waiting_for(outbreak_of(cast), cast.haneul, PAST)
    assert "came back" in str(task.label)


def test_a_rehearsal_counts_whose_advice_changes_and_the_notice_says_it(cast: Cast) -> None:
    version = published(cast)
    draft = revised(cast, version.guideline, SOFTER)
    actions.submit_draft(draft, by=cast.haneul, at=NEXT)
    rehearsal = rehearsal_of(draft, at=NEXT)
    assert rehearsal is not None
    assert [each.situation.id for each in rehearsal.changed] == ["kr20-fever-safe-clinic"]
    second = actions.publish_draft(draft, by=cast.bora, at=NEXT)
    notice = actions.draft_notice(second, rehearsal, by=cast.bora, at=NEXT)
    assert "Of 9 situations rehearsed, the advice changes in 1." in notice.body_en
    assert "KR20-3" in notice.body_ko
    assert NoticeLink.objects.filter(notice=notice, kind="guideline", key="novel-2022/ksr-kstr-2020").exists()


def test_forms_of_a_cohort_are_rehearsed_through_the_hook(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    form = Situation("form 1", Words("양식 1", "Form 1"), {"setting": "safe_clinic", "symptoms": "respiratory"})
    monkeypatch.setattr("firstlight.guidance.hooks._situations", [lambda _outbreak, _at: [form]])
    draft = revised(cast, published(cast).guideline, SOFTER)
    rehearsal = rehearsal_of(draft, at=NEXT)
    assert rehearsal is not None
    assert [each.situation.id for each in rehearsal.changed] == ["kr20-fever-safe-clinic", "form 1"]


def test_an_outbreak_is_told(cast: Cast) -> None:
    published(cast)
    outbreak = outbreak_of(cast)
    assert next(iter(guideline_news(outbreak, NEXT))).title_en.startswith("KSR/KSTR guidelines")
    assert first_guideline_at(outbreak, NEXT) == PAST + DAY
    assert first_guideline_at(outbreak, PAST) is None
    assert "first-guideline" in {each.key for each in milestones()}
    assert guidelines_of(outbreak) == ["1 version of a guideline was published in it."]
    links = list(guideline_links(outbreak, NEXT))
    assert ("https://doi.org/10.3348/jksr.2020.81.3.577") in {each.rests_on.url for each in links}
    assert list(guideline_links(outbreak, PAST)) == []
    assert [each.title_en for each in new_guidelines(PAST, NEXT)] != []


def test_the_switch_begins_an_adapted_draft_and_takes_it_back(cast: Cast) -> None:
    preparation = prepare_outbreak(
        blueprint="novel-respiratory",
        slug="novel-2032",
        by=cast.ara,
        at=PAST,
        fields={"name_ko": "새 병", "name_en": "New disease"},
    )
    outbreak = go_live(preparation, by=cast.ara, at=PAST)
    living = LivingGuideline.objects.get(outbreak=outbreak)
    assert living.owner == cast.ara
    assert 'guideline = "ksr-kstr-2020"' in living.drafts.get().text
    undo_activation(outbreak, by=cast.ara, at=PAST + HOUR)
    assert not LivingGuideline.objects.exists()


def test_the_hot_path_asks_the_database_once(cast: Cast, django_assert_max_num_queries: object) -> None:
    published(cast)
    outbreak = outbreak_of(cast)
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        guidelines_in_force(at=NEXT, outbreak=outbreak)
