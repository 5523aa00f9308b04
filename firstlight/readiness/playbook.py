"""Playbooks: what a department puts in place, as data in TOML files, each item with its source and how sure it is."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "playbooks"
# Read in the source; read second-hand; common practice, not verified.
MARKS = frozenset({"V", "V2", "M"})
NEEDS = frozenset({"yes", "no", "some", "either"})
Document = dict[str, Any]


class BadPlaybook(ValueError):
    """A playbook that cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Source:
    """What a statement rests on."""

    key: str
    text: str
    mark: str
    url: str = ""


@dataclass(frozen=True)
class Item:
    """One thing to put in place, and how one knows that it is."""

    number: int
    title_ko: str
    title_en: str
    done_when_ko: str
    done_when_en: str
    due_days: int
    sources: tuple[Source, ...]
    mark: str
    sign_off: str
    airborne: bool

    @property
    def needs_sign_off(self) -> bool:
        """Whether a clinician still has to confirm it."""
        return self.sign_off == "unsigned"


@dataclass(frozen=True)
class Group:
    key: str
    name_ko: str
    name_en: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class ZoneKind:
    """A kind of zone, and the level of protection worn in it."""

    key: str
    name_ko: str
    name_en: str
    text_ko: str
    text_en: str
    level: str
    sources: tuple[Source, ...]
    mark: str


@dataclass(frozen=True)
class Level:
    """A level of protection: the zones it is worn in, the tasks it is worn for."""

    key: str
    name_ko: str
    name_en: str
    tasks_ko: str
    tasks_en: str
    zones: tuple[ZoneKind, ...]


@dataclass(frozen=True)
class Wear:
    """A piece of protective equipment and, level by level, whether it is worn."""

    name_ko: str
    name_en: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Protection:
    """Protective equipment by zone and task."""

    levels: tuple[Level, ...]
    equipment: tuple[Wear, ...]
    sources: tuple[Source, ...]
    mark: str


@dataclass(frozen=True)
class Disinfection:
    """What a source says of a disinfectant on a kind of device."""

    kinds: tuple[str, ...]
    agent: str
    verdict: str
    text_ko: str
    text_en: str
    sources: tuple[Source, ...]
    mark: str


@dataclass(frozen=True)
class Playbook:
    """A playbook as pages show it."""

    key: str
    version: int
    title_ko: str
    title_en: str
    summary_ko: str
    summary_en: str
    groups: tuple[Group, ...]
    zones: tuple[ZoneKind, ...]
    protection: Protection | None
    disinfection: tuple[Disinfection, ...]
    sources: tuple[Source, ...]

    @property
    def items(self) -> dict[int, Item]:
        """Every item by its number, in the playbook's order."""
        return {item.number: item for group in self.groups for item in group.items}

    @property
    def rests_on_air(self) -> bool:
        """Whether anything in it is about an infection that travels through the air."""
        return any(item.airborne for item in self.items.values())


@cache
def documents() -> Mapping[str, Document]:
    """The playbooks that ship, by key; raises BadPlaybook for a file that cannot be used."""
    raw = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
    found = {key: complete(each, raw) for key, each in raw.items()}
    for key, document in found.items():
        if document["key"] != key:
            raise BadPlaybook(f"{key}.toml calls itself {document['key']}.")
        read_playbook(document)
    return found


def complete(raw: Document, others: Mapping[str, Document]) -> Document:
    """A playbook with what it takes from another one in its place."""
    if "takes" not in raw:
        return _plain(raw)
    takes = raw["takes"]
    base = others[takes["playbook"]]
    taken = {
        "groups": list(_groups_with(base, set(takes["items"]))),
        "sources": base["sources"],
        "disinfection": [each for each in base["disinfection"] if set(each["kinds"]) & set(takes["disinfection"])],
    }
    return _plain({**taken, **{name: value for name, value in raw.items() if name != "takes"}})


def _groups_with(base: Document, numbers: set[int]) -> Iterator[Document]:
    for group in base["groups"]:
        items = [item for item in group["items"] if item["number"] in numbers]
        if items:
            yield {**group, "items": items}


def _plain(raw: Document) -> Document:
    """As JSON keeps it: a day becomes text."""
    plain: Document = json.loads(json.dumps(raw, default=str))
    return plain


def digest_of(document: Document) -> str:
    """The name of a playbook's exact wording."""
    return sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_playbook(document: Document) -> Playbook:
    """A playbook from its document; raises BadPlaybook naming the entry that is wrong."""
    try:
        return _playbook(document)
    except KeyError as error:
        raise BadPlaybook(f"The playbook {document.get('key')} lacks {error}.") from error


def _playbook(document: Document) -> Playbook:
    sources = {key: Source(key=key, **each) for key, each in document["sources"].items()}
    zones = tuple(_zone(each, sources) for each in document["zones"])
    groups = tuple(_group(each, sources) for each in document["groups"])
    protection = document.get("protection")
    _check_numbers(groups)
    texts = {f"{name}_{each}": document[f"{name}_{each}"] for name in ("title", "summary") for each in ("ko", "en")}
    disinfection = tuple(_disinfection(each, sources) for each in document["disinfection"])
    built = Playbook(
        key=document["key"],
        version=document["version"],
        groups=groups,
        zones=zones,
        protection=_protection(protection, zones, sources) if protection else None,
        disinfection=disinfection,
        sources=(),
        **texts,
    )
    return Playbook(**{**vars(built), "sources": _cited(built)})


def _cited(playbook: Playbook) -> tuple[Source, ...]:
    """The sources that something in the playbook rests on, each once, in the order of first use."""
    protection = [playbook.protection] if playbook.protection else []
    parts: list[Item | ZoneKind | Protection | Disinfection] = [*playbook.items.values(), *playbook.zones]
    parts += [*protection, *playbook.disinfection]
    return tuple(dict.fromkeys(source for part in parts for source in part.sources))


def _check_numbers(groups: tuple[Group, ...]) -> None:
    numbers = [item.number for group in groups for item in group.items]
    if len(set(numbers)) != len(numbers):
        raise BadPlaybook("Two items have the same number.")


def _rests_on(raw: Document, sources: Mapping[str, Source]) -> dict[str, Any]:
    where = raw.get("number") or raw.get("key") or raw.get("agent") or "protection"
    unknown = [key for key in raw["sources"] if key not in sources]
    if unknown or not raw["sources"]:
        raise BadPlaybook(f"{where}: its sources are not listed: {', '.join(unknown) or 'none given'}.")
    if raw["mark"] not in MARKS:
        raise BadPlaybook(f"{where}: the mark is one of {', '.join(sorted(MARKS))}.")
    return {"sources": tuple(sources[key] for key in raw["sources"]), "mark": raw["mark"]}


def _group(raw: Document, sources: Mapping[str, Source]) -> Group:
    items = tuple(_item(each, sources) for each in raw["items"])
    return Group(raw["key"], raw["name_ko"], raw["name_en"], items)


def _item(raw: Document, sources: Mapping[str, Source]) -> Item:
    defaults = {"airborne": False, "sign_off": "unsigned" if raw["mark"] == "M" else "sourced"}
    return Item(**{**defaults, **raw, **_rests_on(raw, sources)})


def _zone(raw: Document, sources: Mapping[str, Source]) -> ZoneKind:
    return ZoneKind(**{**raw, **_rests_on(raw, sources)})


def _disinfection(raw: Document, sources: Mapping[str, Source]) -> Disinfection:
    return Disinfection(**{**raw, **_rests_on(raw, sources), "kinds": tuple(raw["kinds"])})


def _protection(raw: Document, zones: tuple[ZoneKind, ...], sources: Mapping[str, Source]) -> Protection:
    levels = tuple(
        Level(**each, zones=tuple(zone for zone in zones if zone.level == each["key"])) for each in raw["levels"]
    )
    equipment = tuple(Wear(each["name_ko"], each["name_en"], tuple(each["needs"])) for each in raw["equipment"])
    for wear in equipment:
        if len(wear.needs) != len(levels) or not NEEDS.issuperset(wear.needs):
            raise BadPlaybook(f"{wear.name_en}: one word of {', '.join(sorted(NEEDS))} for each level.")
    return Protection(levels, equipment, **_rests_on(raw, sources))
