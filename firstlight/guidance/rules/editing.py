"""A recommendation changed through a form, in the text of its guideline, whose comments and order stay."""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

LISTS = frozenset({"modalities", "purposes", "sources", "yields_to", "watch"})
WHEN = "when"


class BadText(ValueError):
    """A text, or a condition in it, that is not TOML; the message says where."""


def fields_of(text: str, recommendation: str) -> dict[str, Any]:
    """A recommendation's entries as a form shows them; empty when it is not there. Raises BadText."""
    table = _find(_parse(text), recommendation)
    if table is None:
        return {}
    fields = dict(table.unwrap())
    fields[WHEN] = _condition_text(fields.get(WHEN, {}))
    return fields


def ids_in(text: str) -> list[str]:
    """The ids of the recommendations in a text, as far as it can be read; raises BadText."""
    return [str(each.get("id", "")) for each in _recommendations(_parse(text))]


def with_recommendation(text: str, recommendation: str, fields: Mapping[str, Any]) -> str:
    """The text with this recommendation's entries changed, or with it added at the end; raises BadText."""
    document = _parse(text)
    table = _find(document, recommendation)
    if table is None:
        table = tomlkit.table()
        _recommendations(document).append(table)
    for name, value in fields.items():
        _put(table, name, _inline(str(value)) if name == WHEN else value)
    return tomlkit.dumps(document)


def _put(table: Table, name: str, value: Any) -> None:
    """Set an entry unless it says the same already; what is empty goes, but for the condition that always holds."""
    if name in table and tomlkit.item(value).unwrap() == table[name].unwrap():
        return
    if value or name == WHEN:
        table[name] = value
    else:
        table.pop(name, None)


def without_recommendation(text: str, recommendation: str) -> str:
    """The text without this recommendation; raises BadText."""
    document = _parse(text)
    kept = _recommendations(document)
    for place, each in enumerate(kept):
        if each.get("id") == recommendation:
            kept.pop(place)
            break
    return tomlkit.dumps(document)


def _parse(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise BadText(str(error)) from error


def _recommendations(document: tomlkit.TOMLDocument) -> AoT:
    if "recommendations" not in document:
        document.add("recommendations", tomlkit.aot())
    found = document["recommendations"]
    if not isinstance(found, AoT):
        raise BadText("recommendations: write each as a [[recommendations]] table")
    return found


def _find(document: tomlkit.TOMLDocument, recommendation: str) -> Table | None:
    return next((each for each in _recommendations(document) if each.get("id") == recommendation), None)


def _condition_text(when: Mapping[str, Any]) -> str:
    """A condition with one line an input."""
    return "\n".join(f"{name} = {tomlkit.item(_plain(value)).as_string()}" for name, value in when.items())


def _plain(value: Any) -> Any:
    """A value whose tables are written inline."""
    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        inline.update({name: _plain(each) for name, each in value.items()})
        return inline
    if isinstance(value, list):
        listed = tomlkit.array()
        for each in value:
            listed.append(_plain(each))
        return listed
    return value


def _inline(lines: str) -> Any:
    return _plain(_parse(lines).unwrap())
