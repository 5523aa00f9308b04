"""Places by ISO 3166 code: what sources call them, and what a page calls them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from babel.core import Locale, get_global

_LISTED = Path(__file__).with_name("places.toml")
# Two-letter entries of the locale data that are no place: groupings, pseudo-locales, "unknown".
_NO_PLACES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(_LISTED.read_text(encoding="utf-8"))


@cache
def _countries(language: str) -> dict[str, str]:
    territories = Locale(language).territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code not in _NO_PLACES}


@cache
def _codes() -> dict[str, str]:
    """Every name of a country that we understand, with its code."""
    names = {name: code for code, name in _countries("en").items()}
    special = {names[0]: code for code, names in _listed()["special"].items()}
    aliases: dict[str, str] = _listed()["aliases"]
    return names | special | aliases


@cache
def _names() -> dict[str, tuple[str, str]]:
    """English and Korean name by code."""
    english, korean = _countries("en"), _countries("ko")
    both = {code: (english[code], korean.get(code, english[code])) for code in english}
    parts = {code: tuple(names) for group in _listed()["subdivisions"].values() for code, names in group.items()}
    return both | {code: tuple(names) for code, names in _listed()["special"].items()} | parts


@cache
def code_named(name: str, *, within: str = "") -> str | None:
    """The code of a country, or of a part `within` one, that a source calls by this name; None if nobody knows it."""
    name = name.strip()
    if not within:
        return _codes().get(name)
    parts = {names[0]: code for code, names in _listed()["subdivisions"].get(within, {}).items()}
    own = _codes().get(name)
    return parts.get(name) or (own if own in territories_of(within) + counted_within(within) else None)


def territories_of(country: str) -> tuple[str, ...]:
    """Places with a code of their own that sources list under this country without adding them to it."""
    return tuple(_listed()["territories"].get(country, ()))


def counted_within(country: str) -> tuple[str, ...]:
    """Places with a code of their own that sources add to this country."""
    return tuple(_listed()["counted_within"].get(country, ()))


def parts_of(country: str) -> tuple[str, ...]:
    """The codes whose numbers should sum to this country's."""
    return (*_listed()["subdivisions"].get(country, {}), *counted_within(country))


@cache
def code_written(text: str) -> str | None:
    """The code behind 'KR', 'KOR', 'KR-11' or another source's spelling of a code; None if there is no such place."""
    text = text.strip()
    if text in _names():
        return text
    alias = _listed()["aliases"].get(text) if len(text) == 2 else None
    old = get_global("territory_aliases").get(text, [])
    found = alias or (old[0] if len(old) == 1 else "")
    return found if found in _names() else None


def place_name(code: str, language: str) -> str:
    """The place as a page in this language writes it."""
    english, korean = _names().get(code, (code, code))
    return korean if language == "ko" else english
