"""What apps above say of their pages: what each shows, and how that is called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpResponse

from firstlight.visits.rules.requests import Visited, check_name

AnyResponse = TypeVar("AnyResponse", bound=HttpResponse)


@dataclass(frozen=True)
class Label:
    """How a page calls an item or a group, and where it is."""

    title_ko: str
    title_en: str
    url: str = ""


Find = Callable[[Sequence[str]], Mapping[str, Label]]
_finders: dict[str, Find] = {}


def mark(response: AnyResponse, *, item: str, group: str = "") -> AnyResponse:
    """The response, marked as a page of that item: `return mark(render(…), item="case:12", group="outbreak:slug")`."""
    visited = Visited(check_name(item), check_name(group) if group else "")
    response.visited = visited  # type: ignore[attr-defined]
    return response


def register_item_label(kind: str, find: Find) -> None:
    """Give names to the items and groups of a kind; `find` takes keys (what follows the colon), all at once."""
    _finders[kind] = find


def labels_of(names: Iterable[str]) -> dict[str, Label]:
    """The label of each name, which is the name itself where nobody knows it."""
    asked = sorted(set(names))
    keys: dict[str, list[str]] = {}
    for name in asked:
        kind, _colon, key = name.partition(":")
        keys.setdefault(kind, []).append(key)
    found = {
        f"{kind}:{key}": label
        for kind, each in keys.items()
        if kind in _finders
        for key, label in _finders[kind](each).items()
    }
    return {name: found.get(name, Label(name, name)) for name in asked}
