"""What cannot be at once: a form asks again, and what was stored earlier is left as it is."""

from dataclasses import dataclass
from functools import cache

from firstlight.reading.rules.conditions import Condition, judge, read_condition
from firstlight.reading.rules.findings import Findings
from firstlight.reading.rules.vocabulary import vocabulary


@dataclass(frozen=True)
class Contradiction:
    """Findings that exclude each other, and a sentence for the person who gave both."""

    keys: tuple[str, ...]
    text_ko: str
    text_en: str
    when: Condition


@cache
def _known() -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(tuple(each["keys"]), each["ko"], each["en"], read_condition(each["when"], vocabulary()))
        for each in vocabulary().contradictions
    )


def contradictions(findings: Findings) -> tuple[Contradiction, ...]:
    """What in these findings cannot be at once."""
    return tuple(each for each in _known() if judge(each.when, findings).truth)
