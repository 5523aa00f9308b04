"""What the replay's editors add to its cases: structured findings, and collections."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firstlight.library.actions.collections import begin_collection, collect, write_collection
from firstlight.library.models import Case, Collection
from firstlight.people.models import Member
from firstlight.reading.rules.findings import read_findings
from firstlight.replay.script import KOREA_2020, moment, read_toml


def readings_of(number: int, folder: Path = KOREA_2020) -> dict[str, Any]:
    """The structured findings of a scripted case, by kind of image; raises BadFindings."""
    raw = read_toml(folder / "findings.toml")
    return {
        modality: read_findings({"vocabulary": raw["vocabulary"], "modality": modality, "values": values}).as_json()
        for modality, values in raw["case"].get(str(number), {}).items()
    }


def play_collections(members: Mapping[str, Member], *, folder: Path) -> None:
    """Put scripted cases together as their editor did; a collection that is there is left alone."""
    for raw in read_toml(folder / "collections.toml")["collection"]:
        if not Collection.objects.filter(slug=raw["slug"]).exists():
            _play_collection(raw, by=members[raw["by"]])


def _play_collection(raw: Mapping[str, Any], *, by: Member) -> None:
    at = moment(raw["begun_on"], 10)
    words = {name: raw[name] for name in ("slug", "title_ko", "title_en", "description_ko", "description_en")}
    collection = begin_collection(by=by, at=at, is_public=True, **words)
    for case in sorted(Case.objects.filter(number__in=raw["cases"]), key=lambda each: raw["cases"].index(each.number)):
        collect(collection, case, by=by, at=at)
    write_collection(collection, by=by, at=at, cover=Case.objects.filter(number=raw["cover"]).first())
