"""What an editor does by hand: take apart what was put together wrongly, put together what was missed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.literature.actions.becoming import set_standing_anew
from firstlight.literature.actions.table import Held, Told
from firstlight.literature.actions.taking_in import columns
from firstlight.literature.models import Apart, Event, Identifier, Listing, Match, Paper, Record, Relation
from firstlight.literature.policies import check_can_screen
from firstlight.literature.rules.record import from_json
from firstlight.people.models import Member


@transaction.atomic
def split(paper: Paper, records: Sequence[int], *, by: Member, at: datetime) -> Paper:
    """Let these records of a paper be a paper of their own, for good; gives that paper.

    Raises ValidationError unless some records go and some stay.
    """
    check_can_screen(by)
    paper = Paper.objects.select_for_update().get(pk=paper.pk)
    going = paper.records.filter(pk__in=records)
    if not going or going.count() == paper.records.count():
        raise ValidationError(_("Choose some of its records, and leave some."))
    other = Paper.objects.create(**columns(_held(going)), arrived_at=at, changed_at=at)
    going.update(paper=other, is_pinned=True)
    paper.records.update(is_pinned=True)
    _say_apart(paper, other, by=by, at=at)
    _describe_anew([paper, other], at=at)
    record("paper.split", paper, by=by, at=at, into=other.pk, records=len(records))
    return other


@transaction.atomic
def unite(one: Paper, other: Paper, *, by: Member, at: datetime) -> Paper:
    """Put two papers together that rules did not find to be one; gives the one that stays."""
    check_can_screen(by)
    if one.pk == other.pk or one.merged_into_id or other.merged_into_id:
        raise ValidationError(_("Choose two papers that stand for themselves."))
    first, second = sorted((one, other), key=lambda each: each.pk)
    Apart.objects.filter(one=first, other=second).delete()
    second.records.update(paper=first, is_pinned=True)
    first.records.update(is_pinned=True)
    _move(second, first)
    Paper.objects.filter(pk=second.pk).update(merged_into=first, changed_at=at, is_indexed=False)
    _describe_anew([first], at=at)
    record("paper.united", first, by=by, at=at, other=second.pk)
    return first


def _say_apart(paper: Paper, other: Paper, *, by: Member, at: datetime) -> None:
    one, two = sorted((paper, other), key=lambda each: each.pk)
    Apart.objects.get_or_create(one=one, other=two, defaults={"said_at": at, "said_by": by})


def _held(records: Iterable[Record]) -> Held:
    told = [Told(from_json(each.document), b"", each.pk, is_pinned=True) for each in records]
    return Held(None, told)


def _describe_anew(papers: Sequence[Paper], *, at: datetime) -> None:
    """Columns, identifiers and relations of papers from the records they have now."""
    Identifier.objects.filter(paper__in=papers).delete()
    Relation.objects.filter(paper__in=papers).exclude(scheme="paper").delete()
    for paper in papers:
        held = _held(paper.records.all())
        Paper.objects.filter(pk=paper.pk).update(**columns(held), is_indexed=False, changed_at=at)
        names = {name for told in held.told for name in told.record.identifiers.items()}
        Identifier.objects.bulk_create(
            [Identifier(paper=paper, scheme=scheme, value=value) for scheme, value in sorted(names)],
            ignore_conflicts=True,
        )
        _relate(paper, held, at)
    set_standing_anew([each.pk for each in papers], at=at)


def _relate(paper: Paper, held: Held, at: datetime) -> None:
    rows = [
        Relation(paper=paper, kind=each.kind, scheme=each.scheme, value=each.value, note=each.note[:300], known_at=at)
        for each in held.whole.relations
    ]
    Relation.objects.bulk_create(rows, ignore_conflicts=True)


def _move(second: Paper, first: Paper) -> None:
    """Let listings, matches and events of one paper be the other's, where that has none of its own."""
    for model, field in ((Listing, "outbreak"), (Match, "watch"), (Event, "kind")):
        there = model.objects.filter(paper=first).values(field)
        model.objects.filter(paper=second).exclude(**{f"{field}__in": there}).update(paper=first)
