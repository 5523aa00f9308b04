"""Who is imagined and what ails them: the two inputs of every phantom."""

from dataclasses import dataclass
from typing import Final

PATTERNS: Final = (
    "ground_glass",
    "crazy_paving",
    "consolidation",
    "reversed_halo",
    "tree_in_bud",
    "cavity",
    "effusion",
    "nodules",
    "septal_thickening",
    "pneumothorax",
)
LOBES: Final = ("RUL", "RML", "RLL", "LUL", "LLL")
ZONES: Final = (*LOBES, "diffuse")
LOCATIONS: Final = ("peripheral", "central")
SEXES: Final = ("F", "M", "O")


@dataclass(frozen=True)
class Lesion:
    """One finding in a lobe, or foci of it spread over both lungs when the zone is ``diffuse``.

    ``diameter_mm`` is the size of one focus, of one nodule, or the depth of pleural fluid or air.
    """

    pattern: str
    zone: str
    location: str = "peripheral"
    diameter_mm: float = 35.0
    count: int = 1

    def __post_init__(self) -> None:
        _require(self.pattern in PATTERNS, f"pattern must be one of {', '.join(PATTERNS)}")
        _require(self.zone in ZONES, f"zone must be one of {', '.join(ZONES)}")
        _require(self.location in LOCATIONS, f"location must be one of {', '.join(LOCATIONS)}")
        _require(2.0 <= self.diameter_mm <= 150.0, "diameter_mm must lie between 2 and 150")
        _require(1 <= self.count <= 60, "count must lie between 1 and 60")


@dataclass(frozen=True)
class Patient:
    """A person who never lived; the seed decides everything that sex and age leave open."""

    seed: int
    sex: str
    age_years: int

    def __post_init__(self) -> None:
        _require(self.seed >= 0, "seed must not be negative")
        _require(self.sex in SEXES, f"sex must be one of {', '.join(SEXES)}")
        _require(18 <= self.age_years <= 110, "age_years must lie between 18 and 110: the anatomy is an adult's")


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ValueError(sentence)
