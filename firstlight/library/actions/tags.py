"""The words by which an outbreak's cases are found."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from firstlight.library.models import CaseTag
from firstlight.outbreaks.models import Outbreak
from firstlight.outbreaks.rules import tag_lines
from firstlight.people.models import Member


def set_up_tags(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """Give an outbreak the tags of its plan; one that is there keeps its words."""
    for place, (key, label_ko, label_en) in enumerate(tag_lines(str(plan.get("tags", "")))):
        CaseTag.objects.get_or_create(
            outbreak=outbreak, key=key, defaults={"label_ko": label_ko, "label_en": label_en, "place": place}
        )


def take_back_tags(outbreak: Outbreak) -> None:
    """Remove an outbreak's tags."""
    outbreak.case_tags.all().delete()
