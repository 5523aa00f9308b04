"""Blueprints: what an outbreak of a kind begins with, read from TOML files."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "blueprints"


@dataclass(frozen=True)
class Blueprint:
    """The beginning of an outbreak: words for its record, and for each share what to begin with."""

    key: str
    name_ko: str
    name_en: str
    text_ko: str
    text_en: str
    order: int = 0
    outbreak: dict[str, str] = field(default_factory=dict)
    shares: dict[str, dict[str, Any]] = field(default_factory=dict)


@cache
def blueprints() -> dict[str, Blueprint]:
    """Every blueprint by its key, in the order they are offered."""
    found = [Blueprint(**tomllib.loads(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.toml")]
    return {each.key: each for each in sorted(found, key=lambda one: (one.order, one.key))}
