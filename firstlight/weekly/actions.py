import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.library.actions import publish_case
from firstlight.library.hooks import hold_on
from firstlight.library.models import Case
from firstlight.library.policies import check_can_publish
from firstlight.library.queries.cases import series_of as series_of_case
from firstlight.people.models import Member
from firstlight.weekly.models import Attempt, Comment, Diagnosis, Entry, Player, Round, Ruling, Score
from firstlight.weekly.policies import check_can_answer, check_can_comment, check_can_run_rounds
from firstlight.weekly.queries import key_of, next_number, obstacle_to_reveal, tally_answers, vocabulary
from firstlight.weekly.rules.marking import Key, Result, result_of, verdict_on
from firstlight.weekly.rules.naming import distinct_answers, normalised
from firstlight.weekly.rules.weeks import year_and_week
from firstlight.weekly.vocabulary import Vocabulary

LONGEST_ANSWER = 200


@dataclass(frozen=True)
class Terms:
    """How a round is played; the numbers are the society's, 5, 100 and 70 where it has none of its own."""

    opens_at: datetime
    closes_at: datetime
    reveal_at: datetime | None = None
    max_answers: int = 5
    points_first: int = 100
    points_other: int = 70


@transaction.atomic
def schedule_round(
    case: Case, *, terms: Terms, right: Sequence[str], by: Member, at: datetime, key: str | None = None
) -> Round:
    """Approve a case in review as a weekly case; it is published by itself, in their name, when its answer is shown.

    `right` are names of the right diagnosis, in the vocabulary or not. Raises PermissionDenied and ValidationError.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    check_can_publish(by, case)
    if why_not := hold_on(case, at=at):
        raise PermissionDenied(why_not)
    submitted_at = _submission_of(case)
    _check_is_secret(case)
    if terms.closes_at <= at:
        raise ValidationError(_("The closing moment has passed already."))
    keys, names = _right_of(right, vocabulary(at))
    year, week = year_and_week(timezone.localtime(terms.opens_at, timezone.get_default_timezone()))
    round_ = Round(
        key=key or secrets.token_hex(8),
        number=next_number(),
        year=year,
        week=week,
        case=case,
        question=question_of(case),
        right_keys=keys,
        right_names=names,
        scheduled_by=by,
        scheduled_at=at,
        approved_submission_at=submitted_at,
        **{**asdict(terms), "reveal_at": terms.reveal_at or terms.closes_at},
    )
    round_.full_clean()
    round_.save()
    record("round.scheduled", round_, by=by, at=at, case=case.pk)
    return round_


def question_of(case: Case) -> dict[str, Any]:
    """What readers see until the reveal: history and images, without title, captions, tags or outbreak."""
    return {
        "history_ko": case.history_ko,
        "history_en": case.history_en,
        "is_synthetic": case.is_synthetic,
        "series": [each.series_instance_uid for each in series_of_case(case)],
    }


def _submission_of(case: Case) -> datetime:
    if case.submitted_at is None:
        raise ValidationError(_("Only a case that was sent for review can be asked."))
    return case.submitted_at


def _check_is_secret(case: Case) -> None:
    if case.versions.exists():
        raise ValidationError(_("This case has been published before, so its answer is known."))
    if any(each.study.public_since for each in series_of_case(case)):
        raise ValidationError(_("Images of this case are public already."))


def _right_of(right: Sequence[str], words: Vocabulary) -> tuple[list[str], list[str]]:
    lines = distinct_answers(right, at_most=50)
    keys = sorted({key for line in lines for key in words.known.get(normalised(line), ())})
    if not lines:
        raise ValidationError(_("Say which diagnosis is right."))
    return keys, [line for line in lines if normalised(line) not in words.known]


def _locked(round_: Round) -> Round:
    return Round.objects.select_for_update().get(pk=round_.pk)


@transaction.atomic
def change_times(
    round_: Round, *, opens_at: datetime, closes_at: datetime, reveal_at: datetime, by: Member, at: datetime
) -> Round:
    """Move a round's moments; a moment that has passed stays, so that nothing opens or closes twice."""
    check_can_run_rounds(by)
    round_ = _locked(round_)
    moved = {"opens_at": opens_at, "closes_at": closes_at, "reveal_at": reveal_at}
    for name, moment in moved.items():
        if getattr(round_, name) != moment and (getattr(round_, name) <= at or moment <= at):
            raise ValidationError(_("What has passed cannot be moved, and nothing can be moved into the past."))
        setattr(round_, name, moment)
    if round_.revealed_at or round_.cancelled_at:
        raise ValidationError(_("This round is over."))
    round_.year, round_.week = year_and_week(timezone.localtime(opens_at, timezone.get_default_timezone()))
    round_.full_clean()
    round_.save()
    record("round.moved", round_, by=by, at=at)
    return round_


@transaction.atomic
def approve_again(round_: Round, *, by: Member, at: datetime) -> Round:
    """Approve a round's case anew after it was changed and sent for review again; what readers see stays as it was."""
    round_ = _locked(round_)
    if round_.revealed_at or round_.cancelled_at:
        raise ValidationError(_("This round is over."))
    check_can_publish(by, round_.case)
    round_.scheduled_by, round_.approved_submission_at = by, _submission_of(round_.case)
    round_.save()
    record("round.approved_again", round_, by=by, at=at)
    return round_


@transaction.atomic
def cancel_round(round_: Round, *, by: Member, at: datetime, why: str) -> Round:
    """Take a round back before its answer is out; its case goes on as any other."""
    check_can_run_rounds(by)
    round_ = _locked(round_)
    if round_.revealed_at:
        raise ValidationError(_("The answer is out already. Withdraw the case instead."))
    round_.cancelled_at = at
    round_.save()
    record("round.cancelled", round_, by=by, at=at, why=why)
    return round_


@transaction.atomic
def submit_answers(round_: Round, answers: Sequence[str], *, by: Member, at: datetime) -> Entry:
    """Keep a member's ranked answers in place of those they sent before; raises PermissionDenied once it is closed.

    `at` is when the whole answer had come in. The round's row is locked, so that neither the closing moment nor the
    reveal can pass between the check and the writing; nothing here looks at what is right.
    """
    round_ = _locked(round_)
    check_can_answer(by, round_, at=at)
    if round_.revealed_at:
        raise PermissionDenied(_("The answer is out already."))
    kept = distinct_answers((each[:LONGEST_ANSWER] for each in answers), at_most=round_.max_answers)
    if not kept:
        raise ValidationError(_("Write at least one diagnosis."))
    first = {"answers": kept, "submitted_at": at, "first_submitted_at": at}
    entry, is_new = Entry.objects.get_or_create(round=round_, member=by, defaults=first)
    if not is_new and entry.submitted_at <= at:
        entry.answers, entry.submitted_at, entry.revisions = kept, at, entry.revisions + 1
        entry.save(update_fields=["answers", "submitted_at", "revisions"])
    return entry


def let_name_be_shown(member: Member, *, shows_name: bool, at: datetime) -> None:
    """Keep a member's word on their name in public lists."""
    told = Player.objects.filter(member=member).first() or Player(member=member)
    if told.shows_name == shows_name:
        return
    with transaction.atomic():
        told.shows_name = shows_name
        told.save()
        record("player.name_shown" if shows_name else "player.name_hidden", told, by=member, at=at)


def reveal_due(at: datetime) -> int:
    """Show every answer whose time has come, and say how many; one that cannot be shown waits for its editors."""
    due = Round.objects.due(at).select_related("case", "scheduled_by")
    # One that must wait is left before any lock is taken: pages ask this too.
    return sum(reveal_round(each, at=at) for each in due if not obstacle_to_reveal(each))


@transaction.atomic
def reveal_round(round_: Round, *, at: datetime) -> bool:
    """Publish a round's case in its approver's name and count its points; False when that must wait."""
    round_ = Round.objects.select_for_update().get(pk=round_.pk)
    if not Round.objects.due(at).filter(pk=round_.pk).exists() or obstacle_to_reveal(round_):
        return False
    if round_.case.state != Case.State.PUBLISHED:
        publish_case(round_.case, by=round_.scheduled_by, at=at)
    round_.revealed_at = at
    count_points(round_, at=at)
    round_.save()
    Diagnosis.objects.filter(key__in=round_.right_keys, suggested_from__isnull=True).update(suggested_from=at)
    record("round.revealed", round_, by=round_.scheduled_by, at=at, entries=round_.entry_count)
    return True


def count_points(round_: Round, *, at: datetime) -> int:
    """Judge every entry by what is right now; gives how many scores are new."""
    words = vocabulary(at)
    key = key_of(round_, at=at, words=words)
    entries = list(round_.entries.all())
    round_.entry_count = len(entries)
    round_.answers_given = tally_answers((each.answers for each in entries), words)
    counting = {each.entry_id: each for each in Score.objects.filter(entry__round=round_, counted_until__isnull=True)}
    results = {each.pk: _result(each, round_, key, words) for each in entries}
    changed = [pk for pk, result in results.items() if _differs(counting.get(pk), result)]
    ended = [counting[pk].pk for pk in changed if pk in counting]
    Score.objects.filter(pk__in=ended).update(counted_until=at)
    Score.objects.bulk_create(
        Score(entry_id=pk, points=results[pk].points, right_place=results[pk].right_place, counted_from=at)
        for pk in changed
    )
    return len(changed)


def _result(entry: Entry, round_: Round, key: Key, words: Vocabulary) -> Result:
    verdicts = [verdict_on(text, key=key, known=words.known) for text in entry.answers]
    return result_of(verdicts, first=round_.points_first, other=round_.points_other)


def _differs(score: Score | None, result: Result) -> bool:
    return score is None or (score.points, score.right_place) != (result.points, result.right_place)


@transaction.atomic
def rule(round_: Round, text: str, *, is_right: bool, by: Member, at: datetime, why: str = "") -> Ruling:
    """Say whether a text is right for everyone who wrote it; after the reveal points change at once.

    A second look is another ruling: the last one holds and all are kept.
    """
    check_can_run_rounds(by)
    round_ = _locked(round_)
    if round_.state(at) not in {Round.State.CLOSED, Round.State.REVEALED}:
        raise PermissionDenied(_("Answers are ruled on after the round has closed."))
    name = normalised(text)
    if not name:
        raise ValidationError(_("There is nothing to rule on."))
    ruling = Ruling.objects.create(
        round=round_, text=text[:200], name=name[:200], is_right=is_right, why=why[:300], given_by=by, given_at=at
    )
    changed = 0
    if round_.revealed_at:
        changed = count_points(round_, at=at)
        round_.save()
    record("round.ruled", round_, by=by, at=at, ruling=ruling.pk, is_right=is_right, scores_changed=changed)
    return ruling


@transaction.atomic
def add_diagnosis(row: Diagnosis, *, by: Member, at: datetime) -> Diagnosis:
    """Add a diagnosis to the society's vocabulary, or more names to a shipped one."""
    check_can_run_rounds(by)
    row.added_by, row.added_at = by, at
    row.full_clean()
    row.save()
    record("diagnosis.added", row, by=by, at=at)
    return row


@transaction.atomic
def say(round_: Round, text: str, *, by: Member, at: datetime) -> Comment:
    """Add to a revealed case's discussion."""
    check_can_comment(by, round_, at=at)
    comment = Comment(round=round_, member=by, text=text.strip(), at=at)
    comment.full_clean()
    comment.save()
    return comment


@transaction.atomic
def hide_comment(comment: Comment, *, by: Member, at: datetime, why: str) -> Comment:
    """Take a comment out of the discussion with a reason; the row stays."""
    check_can_run_rounds(by)
    comment.hidden_at, comment.hidden_by, comment.why_hidden = at, by, why[:300]
    comment.save()
    record("comment.hidden", comment, by=by, at=at, why=why[:300])
    return comment


def practise(
    round_: Round,
    answers: Sequence[str],
    *,
    confidence_percent: int,
    seconds: int | None,
    by: Member | None,
    at: datetime,
) -> Attempt:
    """Judge answers to a past case; a member's attempt is kept, a stranger's is not."""
    if round_.state(at) != Round.State.REVEALED:
        raise PermissionDenied(_("Only past cases can be practised."))
    kept = distinct_answers((each[:LONGEST_ANSWER] for each in answers), at_most=round_.max_answers)
    if not kept:
        raise ValidationError(_("Write at least one diagnosis."))
    words = vocabulary(at)
    key = key_of(round_, at=at, words=words)
    result = result_of([verdict_on(each, key=key, known=words.known) for each in kept], first=1, other=1)
    attempt = Attempt(
        round=round_,
        answers=kept,
        confidence_percent=confidence_percent,
        right_place=result.right_place,
        seconds=seconds,
        at=at,
    )
    if by is not None:
        attempt.member = by
        attempt.save()
    return attempt
