"""The guidelines of a replay: drafted, reviewed by a second person and published on their days."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from firstlight.guidance.actions import bring_guideline, publish_draft, submit_draft
from firstlight.guidance.models import LivingGuideline
from firstlight.guidance.shipped import shipped
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.replay.script import KOREA_2020, moment, read_toml

REVIEW = timedelta(days=1)


def play_guidance(outbreak: Outbreak, members: Mapping[str, Member], *, folder: Path = KOREA_2020) -> None:
    """Publish the replay's guidelines on their days; those that are there stay as they are."""
    there = set(LivingGuideline.objects.filter(outbreak=outbreak).values_list("slug", flat=True))
    for raw in read_toml(folder / "guidance.toml")["guidelines"]:
        if raw["slug"] not in there:
            _publish(raw, outbreak, members)


@transaction.atomic
def _publish(raw: Mapping[str, Any], outbreak: Outbreak, members: Mapping[str, Member]) -> None:
    author, publisher = members[raw["written_by"]], members[raw["published_by"]]
    published_at = moment(raw["published_on"], 9)
    begun_at = moment(raw["begun_on"], 10)
    draft = bring_guideline(outbreak, shipped()[raw["slug"]], by=author, at=begun_at, is_own=raw["own"])
    submit_draft(draft, by=author, at=max(published_at - REVIEW, begun_at))
    publish_draft(draft, by=publisher, at=published_at)
