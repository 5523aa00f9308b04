"""The literature's share of an outbreak: its words, its screeners, its tags."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from firstlight.literature.actions.watching import keep_watch
from firstlight.literature.models import Plan, Tag, Watch
from firstlight.literature.rules.reasons import lines_of
from firstlight.outbreaks.models import Outbreak
from firstlight.outbreaks.rules import tag_lines
from firstlight.people.models import Member


def set_up_literature(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """Give an outbreak its list of papers; what is there keeps its words."""
    words = " ".join(str(plan.get("words", "")).split())[:400]
    Plan.objects.get_or_create(
        outbreak=outbreak,
        defaults={
            "screeners": int(plan.get("screeners") or 1),
            "words": words,
            "include_reasons": lines_of(str(plan.get("include_reasons", ""))),
            "exclude_reasons": lines_of(str(plan.get("exclude_reasons", ""))),
        },
    )
    for place, (key, label_ko, label_en) in enumerate(tag_lines(str(plan.get("tags", "")))):
        told = {"label_ko": label_ko, "label_en": label_en, "place": place}
        Tag.objects.get_or_create(outbreak=outbreak, key=key, defaults=told)
    if words:
        keep_watch(watch_key(outbreak), name=outbreak.name_en, words=words, outbreak=outbreak, lists_papers=True, at=at)


def take_back_literature(outbreak: Outbreak) -> None:
    """Remove an outbreak's plan, tags, watch and what was put before its editors."""
    Plan.objects.filter(outbreak=outbreak).delete()
    outbreak.paper_tags.all().delete()
    outbreak.listings.all().delete()
    Watch.objects.filter(key=watch_key(outbreak)).delete()


def watch_key(outbreak: Outbreak) -> str:
    """How an outbreak's own watch is called."""
    return f"outbreak:{outbreak.slug}"
