"""Collections of cases: editors put published cases together, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.library.models import Case, CollectedCase, Collection, CollectionVersion
from firstlight.library.policies import check_can_edit_cases
from firstlight.people.models import Member


@transaction.atomic
def begin_collection(*, by: Member, at: datetime, **words: Any) -> Collection:
    """Open a collection; readers see it once it is public and holds a published case."""
    check_can_edit_cases(by)
    collection = Collection(created_by=by, created_at=at, **words)
    collection.full_clean()
    collection.save()
    record("collection.begun", collection, by=by, at=at)
    _show(collection, at=at)
    return collection


@transaction.atomic
def write_collection(collection: Collection, *, by: Member, at: datetime, **words: Any) -> Collection:
    """Change a collection's words, its cover, or whether readers see it."""
    check_can_edit_cases(by)
    for name, value in words.items():
        setattr(collection, name, value)
    collection.full_clean()
    collection.save()
    record("collection.written", collection, by=by, at=at, fields=sorted(words))
    _show(collection, at=at)
    return collection


@transaction.atomic
def collect(collection: Collection, case: Case, *, by: Member, at: datetime) -> None:
    """Put a case at the end of a collection; one that is there stays where it is."""
    check_can_edit_cases(by)
    last = collection.collected.aggregate(last=Max("place"))["last"] or 0
    _added, is_new = CollectedCase.objects.get_or_create(collection=collection, case=case, defaults={"place": last + 1})
    if is_new:
        record("collection.case_added", collection, by=by, at=at, case=case.pk)
        _show(collection, at=at)


@transaction.atomic
def leave_out(collection: Collection, case: Case, *, by: Member, at: datetime) -> None:
    """Take a case out of a collection."""
    check_can_edit_cases(by)
    if collection.collected.filter(case=case).delete()[0]:
        record("collection.case_left_out", collection, by=by, at=at, case=case.pk)
        _show(collection, at=at)


@transaction.atomic
def arrange(collection: Collection, numbers: Sequence[int], *, by: Member, at: datetime) -> None:
    """Put a collection's cases in this order, by their numbers; raises ValidationError unless it names each once."""
    check_can_edit_cases(by)
    rows = {each.case.number: each for each in collection.collected.select_related("case")}
    if sorted(numbers) != sorted(rows):
        raise ValidationError(_("The order has to name each case of the collection once."))
    for place, number in enumerate(numbers, start=1):
        rows[number].place = place
    CollectedCase.objects.bulk_update(rows.values(), ["place"])
    record("collection.arranged", collection, by=by, at=at)
    _show(collection, at=at)


def _show(collection: Collection, *, at: datetime) -> None:
    """Let readers see the collection as it is now, or no more; what they saw before stays known."""
    seen = collection.versions.filter(in_force_until__isnull=True).first()
    document = _document(collection) if collection.is_public else None
    if document == (seen.document if seen else None):
        return
    if seen and seen.in_force_from >= at:
        seen.delete()
    elif seen:
        seen.in_force_until = at
        seen.save(update_fields=["in_force_until"])
    if document is not None:
        number = (collection.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        CollectionVersion.objects.create(collection=collection, number=number, document=document, in_force_from=at)


def _document(collection: Collection) -> dict[str, Any]:
    words = {each: getattr(collection, each) for each in ("title_ko", "title_en", "description_ko", "description_en")}
    cases = list(collection.collected.order_by("place", "pk").values_list("case_id", flat=True))
    return {**words, "cases": cases, "cover": collection.cover_id}
