from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from firstlight.audit.models import Entry as AuditEntry
from firstlight.imaging.models import Study
from firstlight.library import actions as library
from firstlight.library.models import Case
from firstlight.library.queries.cases import version_in_force
from firstlight.weekly import actions
from firstlight.weekly.models import SETTLING, Diagnosis, Entry, Round, Score
from firstlight.weekly.queries import is_year_complete, ranking, round_of_the_week, those_right, unsettled, vocabulary
from tests.cast import DAWN, Cast
from tests.drafts import HOUR
from tests.weekly.rounds import AFTER, CLOSES, OPEN, OPENS, TERMS, answer, revealed, scheduled


def test_a_round_goes_from_review_to_its_answer(cast: Cast, weekly: Round) -> None:
    assert [weekly.state(at) for at in (DAWN, OPENS, CLOSES)] == ["scheduled", "open", "closed"]
    answer(weekly, cast.noel, "viral pneumonia")
    answer(weekly, cast.sora, "Sarcoidosis", "바이러스 폐렴")
    answer(weekly, cast.maru, "sarcoidosis")
    assert revealed(weekly).state(AFTER) == "revealed"
    assert {each.entry.member: (each.points, each.right_place) for each in Score.objects.all()} == {
        cast.noel: (100, 1),
        cast.sora: (70, 2),
        cast.maru: (0, None),
    }
    version = version_in_force(weekly.case.number, at=AFTER)
    assert version and version.published_by == cast.bora
    assert Study.objects.get().public_since == AFTER
    assert [(line.place, line.tally.points) for line in ranking(2031, at=AFTER)] == [(1, 100), (2, 70), (3, 0)]
    assert [line.tally.who for line in those_right(weekly, at=AFTER)] == [cast.noel.pk, cast.sora.pk]


def test_nobody_approves_their_own(cast: Cast, case: Case) -> None:
    library.submit_case(case, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied, match="Nobody publishes their own"):
        actions.schedule_round(case, terms=TERMS, right=["x"], by=cast.haneul, at=DAWN)


def test_a_draft_cannot_be_asked(cast: Cast, case: Case) -> None:
    with pytest.raises(PermissionDenied):
        actions.schedule_round(case, terms=TERMS, right=["x"], by=cast.bora, at=DAWN)


def test_only_what_is_secret_can_be_asked(cast: Cast, case: Case) -> None:
    library.submit_case(case, by=cast.haneul, at=DAWN)
    library.publish_case(case, by=cast.bora, at=DAWN)
    library.write_case(case, by=cast.haneul, at=DAWN, title_en="Another")
    with pytest.raises(ValidationError, match="published before"):
        scheduled(cast, case)


def test_not_with_images_that_are_public(cast: Cast, case: Case) -> None:
    Study.objects.update(public_since=DAWN)
    with pytest.raises(ValidationError, match="public already"):
        scheduled(cast, case)


@pytest.mark.parametrize("right", [[], ["", " . "]])
def test_something_has_to_be_right(cast: Cast, case: Case, right: list[str]) -> None:
    with pytest.raises(ValidationError, match="Say which diagnosis"):
        scheduled(cast, case, right=right)


def test_a_case_is_asked_once(cast: Cast, case: Case, weekly: Round) -> None:
    with pytest.raises(PermissionDenied, match="published by itself"):
        actions.schedule_round(case, terms=TERMS, right=["x"], by=cast.bora, at=DAWN)
    with pytest.raises(IntegrityError), transaction.atomic():
        Round.objects.bulk_create([Round(**{**_fields(weekly), "key": "0" * 16, "number": 99})])


def _fields(round_: Round) -> dict[str, object]:
    return {
        field.attname: getattr(round_, field.attname) for field in Round._meta.concrete_fields if field.attname != "id"
    }


def test_nobody_publishes_it_before_its_time(cast: Cast, case: Case, weekly: Round) -> None:
    with pytest.raises(PermissionDenied, match="published by itself"):
        library.publish_case(case, by=cast.bora, at=OPEN)
    assert Study.objects.get().public_since is None


def test_nor_another_case_with_images_of_the_same_study(cast: Cast, case: Case, weekly: Round) -> None:
    other = library.begin_case(outbreak=cast.outbreak, by=cast.haneul, at=DAWN)
    library.attach_series(other, case.series.all(), by=cast.haneul, at=DAWN)
    texts = {name: getattr(case, name) for name in ("title_en", "history_en", "diagnosis_en", "discussion_en")}
    more = {"findings_en": "x", "teaching_points_en": "x", "certainty": "certain"}
    library.write_case(other, by=cast.haneul, at=DAWN, **texts, **more)
    library.submit_case(other, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied, match="same study"):
        library.publish_case(other, by=cast.bora, at=OPEN)


@pytest.mark.parametrize(("minutes", "taken"), [(-1, True), (0, False), (1, False)])
def test_answers_are_taken_until_the_closing_moment(cast: Cast, weekly: Round, minutes: int, taken: bool) -> None:
    at = CLOSES + timedelta(minutes=minutes)
    if taken:
        answer(weekly, cast.noel, "x", at=at)
    else:
        with pytest.raises(PermissionDenied, match="closed"):
            answer(weekly, cast.noel, "x", at=at)
    assert Entry.objects.count() == int(taken)


def test_answers_can_be_changed_and_the_later_ones_stay(cast: Cast, weekly: Round) -> None:
    answer(weekly, cast.noel, "first thought", at=OPEN)
    answer(weekly, cast.noel, "second thought", at=OPEN + HOUR)
    answer(weekly, cast.noel, "a slow tab from before", at=OPEN + HOUR / 2)
    entry = Entry.objects.get()
    assert (entry.answers, entry.revisions, entry.first_submitted_at) == (["second thought"], 1, OPEN)


def test_more_answers_than_allowed_and_repetitions_do_not_count(cast: Cast, weekly: Round) -> None:
    entry = answer(weekly, cast.noel, "a1", " A-1 ", "", "b", "c", "d", "e", "f")
    assert entry.answers == ["a1", "b", "c", "d", "e"]


def test_an_entry_needs_an_answer(cast: Cast, weekly: Round) -> None:
    with pytest.raises(ValidationError):
        answer(weekly, cast.noel, "", " - ")


@pytest.mark.parametrize("name", ["haneul", "bora"])
def test_who_knows_the_answer_cannot_answer(cast: Cast, weekly: Round, name: str) -> None:
    with pytest.raises(PermissionDenied, match="You wrote in this case or approved it"):
        answer(weekly, getattr(cast, name), "x")


def test_who_writes_in_the_case_after_answering_has_no_points(cast: Cast, weekly: Round) -> None:
    editor = cast.member("Dara", *cast.haneul.grants.values_list("role", flat=True))  # type: ignore[arg-type]
    answer(weekly, editor, "viral pneumonia")
    answer(weekly, cast.noel, "viral pneumonia")
    library.write_case(weekly.case, by=editor, at=OPEN, title_en="Better")
    library.submit_case(weekly.case, by=cast.haneul, at=OPEN)
    actions.approve_again(weekly, by=cast.bora, at=OPEN + HOUR)
    revealed(weekly)
    assert [line.tally.who for line in ranking(2031, at=AFTER)] == [cast.noel.pk]


def test_a_changed_case_waits_for_another_approval(cast: Cast, case: Case, weekly: Round) -> None:
    library.write_case(case, by=cast.haneul, at=OPEN, diagnosis_en="Something else")
    assert actions.reveal_due(AFTER) == 0
    library.submit_case(case, by=cast.haneul, at=OPEN + HOUR)
    assert actions.reveal_due(AFTER) == 0, "sent again, but not seen again by the second person"
    with pytest.raises(PermissionDenied):
        actions.approve_again(weekly, by=cast.haneul, at=OPEN + HOUR)
    actions.approve_again(weekly, by=cast.bora, at=OPEN + HOUR)
    assert actions.reveal_due(AFTER) == 1


def test_what_readers_see_stays_as_it_was_scheduled(cast: Cast, case: Case, weekly: Round) -> None:
    library.write_case(case, by=cast.haneul, at=OPEN, history_en="It was viral pneumonia all along.")
    weekly.refresh_from_db()
    assert weekly.question["history_en"] == "Four days of fever."


def test_nothing_is_revealed_while_answers_may_still_be_written(cast: Cast, weekly: Round) -> None:
    assert actions.reveal_due(CLOSES) == 0
    assert actions.reveal_due(CLOSES + SETTLING - timedelta(seconds=1)) == 0
    assert actions.reveal_due(CLOSES + SETTLING) == 1
    assert actions.reveal_due(CLOSES + SETTLING) == 0


def test_a_cancelled_round_is_never_revealed(cast: Cast, case: Case, weekly: Round) -> None:
    actions.cancel_round(weekly, by=cast.bora, at=OPEN, why="The history gave it away.")
    assert round_of_the_week(OPEN) is None
    assert actions.reveal_due(AFTER) == 0
    with pytest.raises(PermissionDenied):
        answer(weekly, cast.noel, "x", at=OPEN + HOUR)
    assert library.publish_case(case, by=cast.bora, at=OPEN + HOUR)


def test_moments_that_have_passed_stay(cast: Cast, weekly: Round) -> None:
    later = CLOSES + timedelta(days=1)
    moved = actions.change_times(weekly, opens_at=OPENS, closes_at=later, reveal_at=later, by=cast.bora, at=OPEN)
    assert moved.closes_at == later
    for given in ({"opens_at": OPEN + HOUR}, {"closes_at": OPEN - HOUR / 2}):
        fields = {"opens_at": OPENS, "closes_at": later, "reveal_at": later, **given}
        with pytest.raises(ValidationError, match="What has passed"):
            actions.change_times(weekly, by=cast.bora, at=OPEN, **fields)
    with pytest.raises(ValidationError):
        actions.change_times(
            weekly, opens_at=OPENS, closes_at=later + HOUR, reveal_at=later + HOUR, by=cast.bora, at=later
        )


def test_a_ruling_holds_for_everyone_who_wrote_the_same(cast: Cast, weekly: Round) -> None:
    answer(weekly, cast.noel, "Viral infection of the lung")
    answer(weekly, cast.sora, "x", "viral infection of the LUNG.")
    with pytest.raises(PermissionDenied, match="after the round has closed"):
        actions.rule(weekly, "viral infection of the lung", is_right=True, by=cast.bora, at=OPEN)
    revealed(weekly)
    assert {each.points for each in Score.objects.counted(AFTER)} == {0}
    text = next(row for row in unsettled(weekly, at=AFTER) if row.count == 2)
    actions.rule(weekly, text.text, is_right=True, by=cast.bora, at=AFTER + HOUR)
    later = AFTER + HOUR
    assert [(line.tally.who, line.tally.points) for line in ranking(2031, at=later)] == [
        (cast.noel.pk, 100),
        (cast.sora.pk, 70),
    ]
    assert {line.tally.points for line in ranking(2031, at=AFTER)} == {0}, "as it stood before the ruling"
    actions.rule(weekly, text.text, is_right=False, by=cast.haneul, at=later + HOUR, why="Too wide.")
    assert {line.tally.points for line in ranking(2031, at=later + HOUR)} == {0}
    assert weekly.rulings.count() == 2
    assert AuditEntry.objects.filter(verb="round.ruled").count() == 2


def test_members_do_not_rule(cast: Cast, weekly: Round) -> None:
    with pytest.raises(PermissionDenied):
        actions.rule(weekly, "x", is_right=True, by=cast.noel, at=AFTER)


def test_an_added_name_is_not_offered_before_a_reveal_used_it(cast: Cast, case: Case) -> None:
    row = Diagnosis(key="alveolar-example", label_en="Example pneumonitis", label_ko="보기 폐렴")
    actions.add_diagnosis(row, by=cast.bora, at=DAWN)
    round_ = scheduled(cast, case, right=["example pneumonitis"])
    assert round_.right_keys == ["alveolar-example"]
    offered = lambda at: {term.key for term in vocabulary(at).suggestions()}  # noqa: E731
    assert "alveolar-example" not in offered(OPEN)
    answer(round_, cast.noel, "보기폐렴")
    revealed(round_)
    assert "alveolar-example" in offered(AFTER)
    assert ranking(2031, at=AFTER)[0].tally.points == 100


def test_names_are_shown_by_their_owners_word(cast: Cast, weekly: Round) -> None:
    answer(weekly, cast.noel, "viral pneumonia")
    answer(weekly, cast.sora, "viral pneumonia")
    actions.let_name_be_shown(cast.noel, shows_name=True, at=OPEN)
    revealed(weekly)
    assert [line.name for line in those_right(weekly, at=AFTER)] == ["Noel", ""]
    assert [line.name for line in ranking(2031, at=AFTER, reader=cast.sora)] == ["Noel", "Sora"]


def test_a_year_is_complete_when_it_is_over_and_all_is_revealed(cast: Cast, weekly: Round) -> None:
    assert not is_year_complete(2031, at=AFTER)
    revealed(weekly)
    assert not is_year_complete(2031, at=AFTER)
    assert is_year_complete(2031, at=AFTER.replace(year=2032))
    assert not is_year_complete(2030, at=AFTER.replace(year=2032))


def test_the_open_round_is_shown_and_then_the_last_one(cast: Cast, weekly: Round) -> None:
    shown = [round_of_the_week(at) for at in (DAWN, OPENS, CLOSES, AFTER + timedelta(days=9))]
    assert shown == [None, weekly, weekly, weekly]
