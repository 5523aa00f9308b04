"""Schemes: classifications and scores as data, one file each in `schemes/`; a new one is a new file, nothing else."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from firstlight.reading.rules.conditions import BadCondition, Condition, Every, findings_in, read_condition
from firstlight.reading.rules.vocabulary import Finding, Vocabulary, vocabulary

FOLDER = Path(__file__).parents[1] / "schemes"
# Read in the source; read second-hand; not verified.
MARKS = frozenset({"V", "V2", "M"})
SIGN_OFFS = frozenset({"unsigned", "signed"})
Raw = Mapping[str, Any]


class BadScheme(ValueError):
    """A scheme that cannot be used; the message says which file and why."""


@dataclass(frozen=True)
class Source:
    """What a statement rests on, and how it was read."""

    key: str
    short: str
    text: str
    mark: str
    url: str = ""


@dataclass(frozen=True)
class Performance:
    """How a scheme did in a study."""

    text_ko: str
    text_en: str
    source: Source
    mark: str


@dataclass(frozen=True)
class Sign:
    """A criterion in the scheme's own words, and the condition on findings that stands for it."""

    key: str
    text_ko: str
    text_en: str
    mark: str
    when: Condition


@dataclass(frozen=True)
class Category:
    """A class of the scheme."""

    key: str
    label_ko: str
    label_en: str
    meaning_ko: str
    meaning_en: str
    when: Condition


@dataclass(frozen=True)
class Factor:
    """Points for each answer to the findings of a family, one finding a place."""

    findings: tuple[Finding, ...]
    points: Mapping[str, int]


@dataclass(frozen=True)
class Score:
    """A sum over places of the product of its factors; `digits` prints each place's points beside the total."""

    minimum: int
    maximum: int
    factors: tuple[Factor, ...]
    digits: bool

    @property
    def terms(self) -> tuple[tuple[Finding, ...], ...]:
        """For each place, the findings whose points are multiplied."""
        return tuple(zip(*(factor.findings for factor in self.factors), strict=True))


@dataclass(frozen=True)
class Scheme:
    """A published classification or score; it has categories, tried in `order`, or a score."""

    key: str
    name_ko: str
    name_en: str
    made_for_ko: str
    made_for_en: str
    notes_ko: str
    notes_en: str
    modalities: frozenset[str]
    mark: str
    sign_off: str
    source: Source
    sources: tuple[Source, ...]
    performance: tuple[Performance, ...]
    signs: Mapping[str, Sign]
    categories: tuple[Category, ...]
    order: tuple[Category, ...]
    score: Score | None

    @property
    def findings(self) -> frozenset[str]:
        """Every finding that it looks at."""
        conditions = [each.when for each in self.signs.values()] + [each.when for each in self.categories]
        named = [findings_in(each) for each in conditions]
        scored = frozenset(each.key for term in (self.score.terms if self.score else ()) for each in term)
        return scored.union(*named)

    @property
    def needs_sign_off(self) -> bool:
        """Whether a clinician still has to confirm it."""
        return self.sign_off == "unsigned"


@cache
def schemes() -> Mapping[str, Scheme]:
    """The schemes that ship, by key; raises BadScheme naming the file that cannot be used."""
    files = sorted(FOLDER.glob("*.toml"))
    read = [read_scheme(tomllib.loads(path.read_text(encoding="utf-8")), vocabulary()) for path in files]
    misnamed = [path.name for path, scheme in zip(files, read, strict=True) if path.stem != scheme.key]
    if misnamed:
        raise BadScheme(f"{', '.join(misnamed)}: a scheme's file is named as its key.")
    return {scheme.key: scheme for scheme in sorted(read, key=lambda each: (each.score is not None, each.key))}


def schemes_for(modality: str) -> tuple[Scheme, ...]:
    """The schemes made for a kind of image: classifications first, then scores."""
    return tuple(scheme for scheme in schemes().values() if modality in scheme.modalities)


def read_scheme(raw: Raw, known: Vocabulary) -> Scheme:
    """A scheme from its document; raises BadScheme naming what is wrong."""
    name = raw.get("key", "a scheme without a key")
    try:
        return _scheme(raw, known)
    except KeyError as error:
        raise BadScheme(f"{name} lacks {error}.") from error
    except BadCondition as error:
        raise BadScheme(f"{name}: {error}.") from error


def _scheme(raw: Raw, known: Vocabulary) -> Scheme:
    sources = {key: Source(key=key, **each) for key, each in raw["sources"].items()}
    signs = _signs(raw, known)
    categories = tuple(_category(each, known, signs) for each in raw.get("categories", ()))
    names = ("name", "made_for", "notes")
    built = Scheme(
        key=raw["key"],
        **{f"{name}_{language}": raw[f"{name}_{language}"] for name in names for language in ("ko", "en")},
        modalities=frozenset(raw["modalities"]),
        mark=raw["mark"],
        sign_off=raw["sign_off"],
        source=sources[raw["source"]],
        sources=tuple(sources.values()),
        performance=tuple(
            Performance(each["ko"], each["en"], sources[each["source"]], each["mark"])
            for each in raw.get("performance", ())
        ),
        signs=signs,
        categories=categories,
        order=_in_order(raw, categories),
        score=_score(raw["score"], known) if "score" in raw else None,
    )
    _check(built, known)
    return built


def _signs(raw: Raw, known: Vocabulary) -> dict[str, Sign]:
    signs: dict[str, Sign] = {}
    for each in raw.get("signs", ()):
        when = read_condition(each["when"], known, signs)
        signs[each["key"]] = Sign(each["key"], each["ko"], each["en"], each.get("mark", raw["mark"]), when)
    return signs


def _category(raw: Raw, known: Vocabulary, signs: Mapping[str, Sign]) -> Category:
    when = Every(()) if raw.get("otherwise") else read_condition(raw["when"], known, signs)
    return Category(raw["key"], raw["ko"], raw["en"], raw["meaning_ko"], raw["meaning_en"], when)


def _in_order(raw: Raw, categories: tuple[Category, ...]) -> tuple[Category, ...]:
    by_key = {each.key: each for each in categories}
    order = raw.get("order", ())
    if sorted(order) != sorted(by_key):
        raise BadScheme(f"{raw['key']}: its order must name each category once.")
    return tuple(by_key[key] for key in order)


def _score(raw: Raw, known: Vocabulary) -> Score:
    factors = tuple(Factor(known.families[each["finding"]], dict(each["points"])) for each in raw["factors"])
    return Score(raw["minimum"], raw["maximum"], factors, raw.get("digits", False))


def _check(scheme: Scheme, known: Vocabulary) -> None:
    marks = {scheme.mark, *(each.mark for each in scheme.sources), *(each.mark for each in scheme.performance)}
    marks |= {each.mark for each in scheme.signs.values()}
    foreign = [key for key in sorted(scheme.findings) if not scheme.modalities <= known.findings[key].modalities]
    faults = {
        "it has either categories or a score": bool(scheme.categories) is bool(scheme.score),
        f"a mark is one of {', '.join(sorted(MARKS))}": not marks <= MARKS,
        f"sign_off is one of {', '.join(sorted(SIGN_OFFS))}": scheme.sign_off not in SIGN_OFFS,
        f"its modalities cannot show {', '.join(foreign)}": bool(foreign),
        "every answer needs points": scheme.score is not None and not _complete(scheme.score),
        "its points do not span its range": scheme.score is not None and not _spans(scheme.score),
    }
    for fault in (each for each, found in faults.items() if found):
        raise BadScheme(f"{scheme.key}: {fault}.")


def _complete(score: Score) -> bool:
    return all(
        {option.key for option in finding.options} == set(factor.points)
        for factor in score.factors
        for finding in factor.findings
    )


def _spans(score: Score) -> bool:
    """Whether its places together reach exactly the range it declares."""
    least = prod(min(factor.points.values()) for factor in score.factors)
    most = prod(max(factor.points.values()) for factor in score.factors)
    return (least * len(score.terms), most * len(score.terms)) == (score.minimum, score.maximum)
