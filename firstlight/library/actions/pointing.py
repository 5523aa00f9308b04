"""An author points: marks on images, and the arrangement that readers begin with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from firstlight.audit.actions import record
from firstlight.imaging.models import Instance
from firstlight.library.actions.writing import write_case
from firstlight.library.models import Case, Mark
from firstlight.library.policies import check_can_edit_cases
from firstlight.library.queries.cases import series_of
from firstlight.library.rules.pointing import MOST_MARKS, BadPointing, arrangement_from, mark_from
from firstlight.people.models import Member


@transaction.atomic
def keep_mark(case: Case, raw: Mapping[str, Any], *, by: Member, at: datetime, number: int | None = None) -> Mark:
    """Draw a mark on an image of the case, or exchange the one of that number; raises BadPointing."""
    check_can_edit_cases(by)
    instance = Instance.objects.filter(
        sop_instance_uid=str(raw.get("sopInstanceUID", "")), series__in=case.series.all()
    ).first()
    frame = raw.get("frame", 1)
    if instance is None or isinstance(frame, bool) or not isinstance(frame, int):
        raise BadPointing("image")
    if not 1 <= frame <= instance.frame_count:
        raise BadPointing("image")
    fields = mark_from(raw, columns=instance.columns, rows=instance.rows)
    if number is None:
        number = _next_number(case)
    mark, _is_new = Mark.objects.update_or_create(
        case=case, number=number, defaults={"instance": instance, "frame": frame, **fields}
    )
    write_case(case, by=by, at=at)
    record("case.mark_kept", case, by=by, at=at, number=number)
    return mark


def _next_number(case: Case) -> int:
    if case.marks.count() >= MOST_MARKS:
        raise BadPointing("marks")
    last = case.marks.last()
    return last.number + 1 if last else 1


@transaction.atomic
def remove_mark(mark: Mark, *, by: Member, at: datetime) -> None:
    """Take a mark off its image; the others keep their numbers."""
    check_can_edit_cases(by)
    case, number = mark.case, mark.number
    mark.delete()
    write_case(case, by=by, at=at)
    record("case.mark_removed", case, by=by, at=at, number=number)


@transaction.atomic
def arrange_case(case: Case, raw: Any, *, by: Member, at: datetime) -> Case:
    """Keep the arrangement that readers of the next version begin with; raises BadPointing."""
    check_can_edit_cases(by)
    series = [each.series_instance_uid for each in series_of(case)]
    return write_case(case, by=by, at=at, arrangement=arrangement_from(raw, series=series))
