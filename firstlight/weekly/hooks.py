"""What the weekly case tells the library: a case that is being asked is not published before its time."""

from datetime import datetime

from django.utils.translation import gettext as _

from firstlight.library.models import Case
from firstlight.weekly.models import Round


def hold_while_asked(case: Case, at: datetime) -> str:
    """Why a case must wait: it, or another one with images of the same study, is being asked."""
    studies = case.series.values("study")
    asked = Round.objects.live().filter(reveal_at__gt=at)
    if asked.filter(case=case).exists():
        return _("This is a weekly case. It is published by itself when its answer is shown.")
    if asked.filter(case__series__study__in=studies).exists():
        return _("A weekly case shows images of the same study. Publish this one after its answer is shown.")
    return ""
