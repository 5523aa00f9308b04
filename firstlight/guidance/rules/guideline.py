"""A guideline as one record: text for people, conditions for machines, sources beneath, all read from TOML."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from firstlight.guidance.rules.conditions import ALWAYS, BadCondition, Condition, inputs_in, read_condition
from firstlight.guidance.rules.inputs import Code, Input, Value, Words, read_codes, read_input, shared_inputs, terms

__all__ = [
    "Code", "Guideline", "GuidelineError", "Input", "Question", "Recommendation", "Remark", "Silence", "Source",
    "Value", "Vignette", "Words", "read_document", "read_guideline",
]  # fmt: skip

SIGN_OFFS = frozenset({"unsigned", "signed"})
AGAINST = frozenset({"not_recommended", "not_suggested", "not_indicated"})
VERIFIED = frozenset({"V", "V2"})
# Imaging as such is every kind of it.
IMAGING = frozenset({"imaging", "radiograph", "ct", "ct_angiography", "ultrasound"})
BOTH = ("ko", "en")
TEXTS = ("title", "short", "publisher", "method", "whom")
MOST = 500
Raw = Mapping[str, Any]
Read = TypeVar("Read")


class GuidelineError(ValueError):
    """A guideline that cannot be used; the message begins with the place of the fault."""


@dataclass(frozen=True)
class Source:
    """What a statement rests on, and how it was read: a paper, an address, or a teaching case by its number."""

    key: str
    text: str
    mark: str
    doi: str = ""
    pmid: str = ""
    url: str = ""
    case: int | None = None

    @property
    def address(self) -> str:
        """Where to read it; empty when no address is known."""
        return self.url or (f"https://doi.org/{self.doi}" if self.doi else "")


@dataclass(frozen=True)
class Remark:
    text: Words
    mark: str


@dataclass(frozen=True)
class Question:
    """A key question that recommendations answer."""

    id: str
    text: Words


@dataclass(frozen=True)
class Recommendation:
    """One statement: when it applies, what it says about which examinations, and how sure it is.

    `unverified` names the part of it that has not been read in its source. It gives way to those in `yields_to`.
    """

    id: str
    question: str
    when: Condition
    modalities: tuple[str, ...]
    purposes: tuple[str, ...]
    direction: str
    strength: str
    certainty: str
    verb: str
    text: Words
    remarks: tuple[Remark, ...]
    sources: tuple[Source, ...]
    mark: str
    unverified: Words | None = None
    yields_to: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()

    @property
    def covered(self) -> frozenset[str]:
        """The examinations that it speaks of."""
        named = frozenset(self.modalities)
        return named | IMAGING if "imaging" in named else named

    @property
    def verified(self) -> bool:
        """Whether the statement itself was read in a source; parts of it may still not be."""
        return self.mark in VERIFIED

    @property
    def needs_sign_off(self) -> bool:
        """Whether a clinician still has to confirm it or a part of it."""
        return not self.verified or self.unverified is not None


@dataclass(frozen=True)
class Silence:
    """A situation on which the guideline is known to say nothing."""

    when: Condition
    text: Words


@dataclass(frozen=True)
class Vignette:
    """A situation with the recommendations that must answer it."""

    id: str
    text: Words
    answers: Mapping[str, str]
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Parent:
    """The guideline that this one adapts, and what it changes."""

    slug: str
    version: str
    changes: Words


@dataclass(frozen=True)
class Guideline:
    """A version of a guideline. `population` says whom it is for; `inputs` are those its conditions look at."""

    slug: str
    version: str
    title: Words
    short: Words
    publisher: Words
    method: Words
    whom: Words
    citation: str
    sources: tuple[Source, ...]
    population: Condition
    inputs: tuple[Input, ...]
    questions: tuple[Question, ...]
    recommendations: tuple[Recommendation, ...]
    silences: tuple[Silence, ...]
    vignettes: tuple[Vignette, ...]
    effective_from: date
    effective_until: date | None
    sign_off: str
    signed_by: str
    signed_on: date | None
    adapts: Parent | None

    @property
    def needs_sign_off(self) -> bool:
        """Whether a clinician still has to confirm it."""
        return self.sign_off == "unsigned"

    def has_ended(self, day: date) -> bool:
        """Whether it said itself that it would no longer hold on that day."""
        return self.effective_until is not None and day > self.effective_until

    @cached_property
    def by_id(self) -> Mapping[str, Recommendation]:
        """Its recommendations by their id."""
        return {each.id: each for each in self.recommendations}

    @cached_property
    def in_turn(self) -> tuple[Recommendation, ...]:
        """Its recommendations, each after those it yields to."""
        return tuple(_in_turn(self.recommendations))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition in it."""
        recommended = (each.when for each in self.recommendations)
        return (self.population, *recommended, *(each.when for each in self.silences))

    def input(self, name: str) -> Input | None:
        """The input of that name, when one of its conditions looks at it."""
        return next((each for each in self.inputs if each.name == name), None)


def _keys(table: type, *texts: str) -> frozenset[str]:
    """What a table may hold: the names of its fields, those of its texts in both languages."""
    names = {each.name for each in fields(table)}
    return frozenset((names - set(texts)) | {f"{name}_{language}" for name in texts for language in BOTH})


# A word that is not among these is a typing error, and never passed over.
KEYS = {
    "the guideline": _keys(Guideline, *TEXTS) | {"codes"},
    "recommendations": _keys(Recommendation, "text", "unverified"),
    "silences": _keys(Silence, "text"),
    "vignettes": frozenset({"id", *BOTH, "answers", "expected"}),
    "questions": frozenset({"id", *BOTH}),
    "inputs": frozenset({"name", *BOTH, "question_ko", "question_en", "values", "between", "codes"}),
}


def read_guideline(data: bytes) -> Guideline:
    """A guideline from its TOML file; raises GuidelineError naming the place of the fault."""
    try:
        raw = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise GuidelineError(f"byte {error.start}: the file is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise GuidelineError(f"not TOML: {error}") from error
    except RecursionError as error:
        raise GuidelineError("not TOML that can be read: it is nested too deeply") from error
    return read_document(raw)


def read_document(raw: Raw) -> Guideline:
    """A guideline from its parsed file; raises GuidelineError naming the place of the fault."""
    try:
        return _guideline(raw)
    except RecursionError as error:
        raise GuidelineError("the guideline is nested too deeply") from error


def _guideline(raw: Raw) -> Guideline:
    _check_keys("the guideline", raw, KEYS["the guideline"])
    known = {**shared_inputs(), **_own_inputs(raw)}
    _check_keys("codes", raw.get("codes", {}), known)
    known = {name: _with_codes(each, raw.get("codes", {})) for name, each in known.items()}
    sources = _tables(raw, "sources", lambda key, each: Source(key=key, **_checked_source(each)))
    by_key = {each.key: each for each in sources}
    recommendations = _listed(raw, "recommendations", lambda each: _recommendation(each, known, by_key))
    silences = _listed(raw, "silences", lambda each: Silence(_when(each, known), Words.of(each, "text")))
    stated = [each.when for each in recommendations] + [each.when for each in silences]
    population = _at("population", lambda: read_condition(raw.get("population", {}), known))
    built = _at(
        "the guideline",
        lambda: Guideline(
            slug=_slug(raw["slug"]),
            version=str(raw["version"]),
            **{name: Words.of(raw, name) for name in TEXTS},
            citation=str(raw["citation"]),
            sources=sources,
            population=population,
            inputs=_used(known, [population, *stated]),
            questions=_listed(raw, "questions", lambda each: Question(str(each["id"]), Words.of(each))),
            recommendations=recommendations,
            silences=silences,
            vignettes=_listed(raw, "vignettes", lambda each: _vignette(each, known)),
            effective_from=_day(raw["effective_from"]),
            effective_until=_day(raw["effective_until"]) if "effective_until" in raw else None,
            sign_off=_one_of("sign_off", raw["sign_off"], SIGN_OFFS),
            signed_by=str(raw.get("signed_by", "")),
            signed_on=_day(raw["signed_on"]) if "signed_on" in raw else None,
            adapts=_parent(raw["adapts"]) if "adapts" in raw else None,
        ),
    )
    _check(built)
    return built


def _at(place: str, read: Callable[[], Read]) -> Read:
    """What was read, or the fault with its place before it."""
    try:
        return read()
    except GuidelineError:
        raise
    except KeyError as error:
        raise GuidelineError(f"{place}: lacks {error}") from error
    except BadCondition as error:
        raise GuidelineError(f"{place}: {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise GuidelineError(f"{place}: {error}") from error


def _listed(raw: Raw, kind: str, read: Callable[[Raw], Read]) -> tuple[Read, ...]:
    entries = raw.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise GuidelineError(f"{kind}: write each as a [[{kind}]] table")
    if len(entries) > MOST:
        raise GuidelineError(f"{kind}: at most {MOST}")
    places = [f"{kind} {each.get('id', number)}" for number, each in enumerate(entries, start=1)]
    for place, each in zip(places, entries, strict=True):
        _check_keys(place, each, KEYS[kind])
    return tuple(_at(place, lambda each=each: read(each)) for place, each in zip(places, entries, strict=True))  # type: ignore[misc]


def _check_keys(place: str, raw: Any, known: Iterable[str]) -> None:
    if not isinstance(raw, Mapping):
        raise GuidelineError(f"{place}: is no table")
    if unknown := sorted(raw.keys() - set(known)):
        raise GuidelineError(f"{place}: does not know {', '.join(map(repr, unknown))}")


def _tables(raw: Raw, kind: str, read: Callable[[str, Raw], Read]) -> tuple[Read, ...]:
    entries = raw.get(kind, {})
    if not isinstance(entries, dict) or not all(isinstance(each, dict) for each in entries.values()):
        raise GuidelineError(f"{kind}: write each as a [{kind}.NAME] table")
    return tuple(_at(f"{kind} {key}", lambda key=key, each=each: read(key, each)) for key, each in entries.items())  # type: ignore[misc]


def _own_inputs(raw: Raw) -> dict[str, Input]:
    own = {each.name: each for each in _listed(raw, "inputs", read_input)}
    for name in own.keys() & shared_inputs().keys():
        raise GuidelineError(f"inputs {name}: the shared vocabulary has it already; use that one")
    for each in own.values():
        if len(each.names) == 1 or len(set(each.names)) != len(each.names):
            raise GuidelineError(f"inputs {each.name}: it needs two values or more, each with a name of its own")
    return own


def _with_codes(asked: Input, codes: Raw) -> Input:
    if asked.name not in codes:
        return asked
    more = _at(f"codes {asked.name}", lambda: read_codes({"codes": codes[asked.name]}))
    return replace(asked, codes=asked.codes + more)


def _checked_source(raw: Raw) -> dict[str, Any]:
    return {**raw, "text": raw["text"], "mark": _one_of("mark", raw["mark"], terms("marks"))}


def _recommendation(raw: Raw, inputs: Mapping[str, Input], sources: Mapping[str, Source]) -> Recommendation:
    return Recommendation(
        id=str(raw["id"]),
        question=str(raw.get("question", "")),
        when=_when(raw, inputs),
        modalities=tuple(_one_of("modalities", each, terms("modalities")) for each in _some(raw, "modalities")),
        purposes=tuple(_one_of("purposes", each, terms("purposes")) for each in _some(raw, "purposes")),
        direction=_one_of("direction", raw["direction"], terms("directions")),
        strength=_one_of("strength", raw["strength"], terms("strengths")),
        certainty=_one_of("certainty", raw["certainty"], terms("certainties")),
        verb=_one_of("verb", raw["verb"], terms("verbs")),
        text=Words.of(raw, "text"),
        remarks=tuple(
            Remark(Words.of(each), _one_of("mark", each["mark"], terms("marks"))) for each in raw.get("remarks", ())
        ),
        sources=tuple(sources[_one_of("sources", key, sources)] for key in _some(raw, "sources")),
        mark=_one_of("mark", raw["mark"], terms("marks")),
        unverified=Words.of(raw, "unverified") if {"unverified_ko", "unverified_en"} & raw.keys() else None,
        yields_to=tuple(raw.get("yields_to", ())),
        watch=tuple(raw.get("watch", ())),
    )


def _when(raw: Raw, inputs: Mapping[str, Input]) -> Condition:
    when = read_condition(raw["when"], inputs)
    return ALWAYS if when == ALWAYS else when


def _some(raw: Raw, name: str) -> list[str]:
    found = raw[name]
    if not isinstance(found, list) or not found:
        raise GuidelineError(f"{name} is a list with at least one entry")
    return found


def _one_of(name: str, given: Any, allowed: Iterable[str]) -> str:
    known = tuple(allowed)
    if given not in known:
        raise ValueError(f"{name} is one of {', '.join(sorted(known))}; not {given!r}")
    return str(given)


def _slug(given: Any) -> str:
    text = str(given)
    if not text.replace("-", "").isalnum() or not text.isascii() or text != text.lower():
        raise ValueError("slug has small letters, digits and hyphens only")
    return text


def _day(given: Any) -> date:
    if type(given) is date:
        return given
    return date.fromisoformat(str(given))


def _parent(raw: Raw) -> Parent:
    return Parent(str(raw["guideline"]), str(raw["version"]), Words.of(raw, "changes"))


def _vignette(raw: Raw, inputs: Mapping[str, Input]) -> Vignette:
    answers = {name: str(each) for name, each in raw["answers"].items()}
    for name, answer in answers.items():
        if name not in inputs or not inputs[name].accepts(answer):
            raise ValueError(f"{name} = {answer!r} is not an answer that the vocabulary has")
    return Vignette(str(raw["id"]), Words.of(raw), answers, tuple(raw["expected"]))


def _used(known: Mapping[str, Input], conditions: list[Condition]) -> tuple[Input, ...]:
    names = frozenset().union(*map(inputs_in, conditions))
    return tuple(each for name, each in known.items() if name in names)


def _check(guideline: Guideline) -> None:
    if not guideline.recommendations:
        raise GuidelineError("recommendations: there is none")
    _check_each_once("recommendations", [each.id for each in guideline.recommendations])
    _check_each_once("vignettes", [each.id for each in guideline.vignettes])
    for each in guideline.recommendations:
        _check_recommendation(each, guideline)
    for vignette in guideline.vignettes:
        if unknown := [name for name in vignette.expected if name not in guideline.by_id]:
            raise GuidelineError(f"vignettes {vignette.id}: expects {', '.join(unknown)}, which is not there")
    if guideline.sign_off == "signed" and not (guideline.signed_by and guideline.signed_on):
        raise GuidelineError("the guideline: signed, but signed_by and signed_on do not say by whom and when")
    if guideline.effective_until and guideline.effective_until <= guideline.effective_from:
        raise GuidelineError("the guideline: effective_until is not after effective_from")
    _ = guideline.in_turn


def _check_each_once(kind: str, ids: list[str]) -> None:
    for name in {each for each in ids if ids.count(each) > 1}:
        raise GuidelineError(f"{kind} {name}: the id is used twice")


def _check_recommendation(each: Recommendation, guideline: Guideline) -> None:
    questions = {question.id for question in guideline.questions}
    faults = {
        f"there is no key question {each.question}": bool(each.question) and each.question not in questions,
        "its verb and its direction disagree": (each.verb in AGAINST) is not (each.direction == "against"),
        "only clinical judgement goes with the verb judged": (each.verb == "judged")
        is not (each.direction == "either"),
        "it yields to itself or to one that is not there": not set(each.yields_to)
        <= guideline.by_id.keys() - {each.id},
    }
    for fault in (fault for fault, found in faults.items() if found):
        raise GuidelineError(f"recommendations {each.id}: {fault}")


def _in_turn(recommendations: tuple[Recommendation, ...]) -> list[Recommendation]:
    """Each after those it yields to; raises GuidelineError where they yield to each other in a circle."""
    waiting, done = list(recommendations), dict[str, Recommendation]()
    while waiting:
        ready = [each for each in waiting if done.keys() >= set(each.yields_to)]
        if not ready:
            raise GuidelineError(f"recommendations {waiting[0].id}: they yield to each other in a circle")
        done.update((each.id, each) for each in ready)
        waiting = [each for each in waiting if each.id not in done]
    return list(done.values())
