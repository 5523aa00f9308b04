"""What the weekly case tells the library: what must not be published before its time, and how diagnoses are called."""

from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from firstlight.library.hooks import Diagnosis
from firstlight.library.models import Case
from firstlight.weekly.models import Round
from firstlight.weekly.vocabulary import Term


def hold_while_asked(case: Case, at: datetime) -> str:
    """Why a case must wait: it, or another one with images of the same study, is being asked."""
    studies = case.series.values("study")
    asked = Round.objects.live().filter(reveal_at__gt=at)
    if asked.filter(case=case).exists():
        return _("This is a weekly case. It is published by itself when its answer is shown.")
    if asked.filter(case__series__study__in=studies).exists():
        return _("A weekly case shows images of the same study. Publish this one after its answer is shown.")
    return ""


@lru_cache(maxsize=4)
def as_diagnoses(terms: tuple[Term, ...]) -> tuple[Diagnosis, ...]:
    """The vocabulary as search in the library uses it; what readers may not be offered yet is not open."""
    return tuple(
        Diagnosis(each.key, each.label_ko, each.label_en, each.names, tuple(sorted(each.parents)), each.is_suggested)
        for each in terms
    )
