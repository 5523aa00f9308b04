"""Search parameters (R4 search.html): common ones, and those of each kind of resource, over resources at hand."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from firstlight.fhir.rules.elements import Resource
from firstlight.fhir.rules.outcomes import Refusal

PREFIXES = ("eq", "ne", "gt", "ge", "lt", "le")
MOST_COUNT, COUNT = 100, 20
CONTROLS = frozenset({"_count", "_format", "_summary", "_pretty", "_page", "_total", "on"})
SUMMARIES = frozenset({"true", "false", "count", "text", "data"})
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Parameter:
    """A search parameter: its name, FHIR's type for it, where its values are in a resource, and what it is for."""

    name: str
    type: str
    values: Callable[[Resource], Iterable[Any]]
    told: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a search asks for: the criteria it was understood with, and how much of it to show."""

    criteria: tuple[tuple[str, str], ...]
    count: int
    page: int
    summary: str


COMMON = (
    Parameter("_id", "token", lambda resource: [resource["id"]], "The id"),
    Parameter("_lastUpdated", "date", lambda resource: [resource.get("meta", {}).get("lastUpdated")], "Last changed"),
)


def wanted_of(query: Query, parameters: Iterable[Parameter], *, strict: bool) -> Wanted:
    """What is asked for; raises Refusal for a value that cannot be meant, and where `strict` for an unknown name."""
    known = {each.name: each for each in (*COMMON, *parameters)}
    criteria = []
    for name, value in query:
        if name in CONTROLS:
            continue
        base, _, modifier = name.partition(":")
        if base not in known or (modifier and not _understands(known[base], modifier)):
            if strict or base in known:
                raise Refusal(400, "not-supported", f"This search parameter is not known here: {_shown(name)}")
            continue
        _check(known[base], value)
        criteria.append((name, value))
    return Wanted(
        tuple(criteria),
        _number(query, "_count", COUNT, most=MOST_COUNT),
        max(_number(query, "_page", 1, most=1_000_000), 1),
        _summary(query),
    )


def _shown(name: str) -> str:
    return re.sub(r"[^\w.:\-]", "?", name)[:40]


def _understands(parameter: Parameter, modifier: str) -> bool:
    return modifier in {"string": {"exact", "contains"}, "uri": {"below"}}.get(parameter.type, set())


def _check(parameter: Parameter, value: str) -> None:
    if parameter.type == "date":
        for each in value.split(","):
            period_of(each)


def value_of(query: Query, name: str) -> str:
    """The last value of a control, "" where absent."""
    return next((value for key, value in reversed(query) if key == name), "")


def _number(query: Query, name: str, default: int, *, most: int) -> int:
    given = value_of(query, name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise Refusal(400, "value", f"{name} must be a whole number")
    return min(int(given), most)


def _summary(query: Query) -> str:
    given = value_of(query, "_summary") or "false"
    if given not in SUMMARIES:
        raise Refusal(400, "value", f"_summary is one of {', '.join(sorted(SUMMARIES))}")
    return given


def meets(resource: Resource, wanted: Wanted, parameters: Iterable[Parameter]) -> bool:
    """Whether a resource meets every criterion; the values of one are alternatives."""
    known = {each.name: each for each in (*COMMON, *parameters)}
    return all(_meets(resource, known[name.partition(":")[0]], name, value) for name, value in wanted.criteria)


def _meets(resource: Resource, parameter: Parameter, name: str, value: str) -> bool:
    modifier = name.partition(":")[2]
    found = [each for each in parameter.values(resource) if each]
    return any(_matches(parameter.type, modifier, each, one) for one in value.split(",") for each in found)


def _matches(kind: str, modifier: str, found: Any, value: str) -> bool:
    if kind == "date":
        return in_period(str(found), value)
    if kind == "token":
        return _matches_token(found, value)
    if kind == "uri":
        return str(found).startswith(value) if modifier == "below" else found == value
    one, other = str(found).casefold(), value.casefold()
    if modifier == "exact":
        return bool(found == value)
    return other in one if modifier == "contains" else one.startswith(other)


def _matches_token(found: Any, value: str) -> bool:
    """`code`, `system|code`, `|code` and `system|` (R4 search.html#token)."""
    system, code = found if isinstance(found, tuple) else ("", found)
    if "|" not in value:
        return bool(code == value)
    wanted_system, _, wanted = value.partition("|")
    return bool(system == wanted_system and wanted in {"", code})


def in_period(found: str, value: str) -> bool:
    """Whether a date or moment meets a value with its prefix, each as the period it stands for."""
    prefix, begins, ends = period_of(value)
    _none, first, last = period_of(found)
    return {
        "eq": begins <= first and last <= ends,
        "ne": not (begins <= first and last <= ends),
        "gt": last > ends,
        "ge": last > ends or first >= begins,
        "lt": first < begins,
        "le": first < begins or last <= ends,
    }[prefix]


def period_of(value: str) -> tuple[str, datetime, datetime]:
    """The prefix of a date's value, and the first and last moment it stands for; raises Refusal."""
    prefix = value[:2] if value[:2] in PREFIXES else "eq"
    written = value.removeprefix(prefix) if value[:2] in PREFIXES else value
    try:
        return prefix, *_bounds(written.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise Refusal(
            400, "value", "A date is written as in ge2020-03-12, with or without a time and its zone"
        ) from None


def _bounds(written: str) -> tuple[datetime, datetime]:
    if "T" in written:
        moment = datetime.fromisoformat(written)
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return known, known + timedelta(
            seconds=0 if "." in written else 1, microseconds=-1 if "." not in written else 0
        )
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", written):
        raise ValueError
    first = date.fromisoformat((written + "-01-01")[:10])
    if len(written) == 10:
        after = first + timedelta(days=1)
    elif len(written) == 7:
        after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    else:
        after = first.replace(year=first.year + 1)
    begins, ends = (datetime.combine(each, time.min, UTC) for each in (first, after))
    return begins, ends - timedelta(microseconds=1)


def bundle(
    resources: Iterable[Resource], *, total: int, wanted: Wanted, root: str, kind: str, kept: str = ""
) -> Resource:
    """A page of what was found, with the addresses of its neighbours; `kept` stands in each address too."""
    address = f"{root}/fhir/{kind}?"
    pages = max(-(-total // wanted.count), 1) if wanted.count else 1
    only_counted = wanted.summary == "count" or wanted.count == 0
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [] if only_counted else list(_links(address, wanted, pages, kept)),
        "entry": [] if only_counted else [
            {"fullUrl": f"{root}/fhir/{kind}/{each['id']}", "resource": each, "search": {"mode": "match"}}
            for each in resources
        ],
    }  # fmt: skip


def _links(address: str, wanted: Wanted, pages: int, kept: str) -> Iterator[Resource]:
    places = {"self": wanted.page, "first": 1, "previous": wanted.page - 1, "next": wanted.page + 1, "last": pages}
    for relation, page in places.items():
        if relation == "self" or 1 <= page <= pages:
            query = [*wanted.criteria, ("_count", str(wanted.count)), ("_page", str(page))]
            query += [("_summary", wanted.summary)] if wanted.summary != "false" else []
            query += [("on", kept)] if kept else []
            yield {"relation": relation, "url": address + urlencode(query)}


def summarized(resource: Resource, summary: str, elements: frozenset[str]) -> Resource:
    """As much of a resource as is asked for, marked as a part (R4 search.html#summary)."""
    if summary not in {"true", "text", "data"}:
        return resource
    part = {name: value for name, value in resource.items() if _is_shown(name, summary, elements)}
    if summary == "true" and "series" in part:
        part["series"] = [{k: v for k, v in each.items() if k != "instance"} for each in part["series"]]
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    return {**part, "meta": {**part.get("meta", {}), "tag": [tag]}}


def _is_shown(name: str, summary: str, elements: frozenset[str]) -> bool:
    if summary == "data":
        return name != "text"
    wanted = elements if summary == "true" else (elements & MANDATORY) | {"text"}
    return name.lstrip("_") in wanted | {"resourceType", "id", "meta"}


MANDATORY = frozenset({"status", "subject", "type", "content"})
