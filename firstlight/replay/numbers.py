"""The numbers of a replay: the few that were published in so many words, each with where it was read."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from firstlight.outbreaks.models import Outbreak
from firstlight.replay.script import KOREA_2020, read_toml
from firstlight.surveillance.actions import Outcome, Statement, record_numbers

ACTOR = "command:demo"


def play_numbers(outbreak: Outbreak, *, folder: Path = KOREA_2020) -> Outcome:
    """Keep the replay's published numbers; again, it changes nothing."""
    raw = read_toml(folder / "numbers.toml")
    statements = [_statement(each, raw["place"]) for each in raw["statements"]]
    return record_numbers(outbreak, statements, by=ACTOR, at=outbreak.activated_at)


def _statement(raw: dict[str, Any], place: str) -> Statement:
    percent = raw.get("case_fatality_percent")
    return Statement(
        place=place,
        day=raw["day"],
        known_on=raw.get("known_on"),
        citation=raw["source"],
        evidence=raw["mark"],
        cases=raw.get("cases"),
        deaths=raw.get("deaths"),
        tests=raw.get("tests"),
        case_fatality_percent=Decimal(percent) if percent else None,
        at_least=frozenset(raw.get("at_least", [])),
    )
