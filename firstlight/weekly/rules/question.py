from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Question:
    """What readers see of a case before its answer, as it was when it was scheduled."""

    history_ko: str
    history_en: str
    is_synthetic: bool
    series: tuple[str, ...]

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Question":
        """What `Round.question` keeps."""
        return cls(**{**document, "series": tuple(document["series"])})
