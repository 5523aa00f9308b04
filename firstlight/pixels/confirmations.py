"""What persons decided on doubtful images: a file in the hospital that no name or value is in."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from firstlight.dicom.pixels import Region

SCHEMA = "firstlight-looks/1"
MOST_REGIONS = 2000
LONGEST_LABEL = 60


class BadLooks(ValueError):
    """A file of decisions, or a list of regions, that is not of the form; the message is a sentence for a person."""


@dataclass(frozen=True)
class Decided:
    """One person's word on one image, "confirmed" or "refused"; `digest` says which image (`look.look_digest`)."""

    digest: str
    decision: str
    regions: tuple[Region, ...]
    who: str
    at: datetime


def read_looks(path: Path) -> dict[str, Decided]:
    """The decisions in a file by digest, the last one where there are several; none where the file is not there.

    Raises:
        BadLooks: when it is not such a file.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise BadLooks(f"{path} cannot be read as a file of confirmed looks") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BadLooks(f"{path} is not a file of confirmed looks")
    try:
        return {each["digest"]: _decided(each) for each in document["looks"]}
    except (KeyError, TypeError, ValueError):
        raise BadLooks(f"{path} is damaged") from None


def _decided(row: dict[str, Any]) -> Decided:
    if row["decision"] not in ("confirmed", "refused") or len(row["digest"]) != 64:
        raise ValueError
    return Decided(
        str(row["digest"]), row["decision"], regions_of(row["regions"]), str(row["who"])[:LONGEST_LABEL],
        datetime.fromisoformat(row["at"]),
    )  # fmt: skip


def regions_of(rows: object) -> tuple[Region, ...]:
    """Regions from plain lists [left, top, width, height, frame or null].

    Raises:
        BadLooks: for anything else.
    """
    if not isinstance(rows, list) or len(rows) > MOST_REGIONS:
        raise BadLooks("The regions are not a list of boxes.")
    return tuple(_region(row) for row in rows)


def _region(row: object) -> Region:
    if not isinstance(row, list) or len(row) != 5 or not all(_is_whole(each) for each in row[:4]):
        raise BadLooks("A region is five numbers: left, top, width, height, frame.")
    frame = row[4]
    if min(row[2:4]) < 1 or not (frame is None or (_is_whole(frame) and frame >= 1)):
        raise BadLooks("A region has a width, a height, and a frame from 1 or none.")
    return Region(*row)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31


def write_looks(path: Path, looks: Sequence[Decided]) -> None:
    """Write the decisions; the file is the old one or the new one, never half of it."""
    rows = [
        {
            "digest": each.digest, "decision": each.decision, "regions": [list(one) for one in each.regions],
            "who": each.who, "at": each.at.isoformat(timespec="seconds"),
        }
        for each in looks
    ]  # fmt: skip
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump({"schema": SCHEMA, "looks": rows}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def confirmed_in(looks: dict[str, Decided]) -> dict[str, tuple[Region, ...]]:
    """What `look.pixel_reader` takes: the regions of the confirmed ones."""
    return {digest: each.regions for digest, each in looks.items() if each.decision == "confirmed"}
