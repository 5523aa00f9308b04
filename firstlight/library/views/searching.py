from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from firstlight.library.queries.cases import CaseCard, cards_of
from firstlight.library.queries.collections import public_collections
from firstlight.library.queries.search import A_PAGE, SORTS, Asked, Facet, Found, Row, Value, find
from firstlight.library.search.facets import KINDS
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.web.requests import TimedRequest

SORT_NAMES = {"relevance": _("Best match"), "newest": _("Newest"), "oldest": _("Oldest")}
LAST_PAGE = 10_000


@dataclass(frozen=True)
class Choice:
    """A value to narrow by, with the address that chooses it or lets it go."""

    label: str
    count: int
    is_chosen: bool
    query: str


@dataclass(frozen=True)
class Narrowing:
    """A kind of values to narrow by, as the page shows it."""

    kind: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether one of its values is chosen."""
        return any(each.is_chosen for each in self.choices)


@dataclass(frozen=True)
class Shown:
    """A found case as the page shows it."""

    row: Row
    card: CaseCard


def cases(request: TimedRequest) -> HttpResponse:
    """Every published case, searched and narrowed."""
    context = search_context(request) | {"collections": lambda: public_collections(request.at)}
    return render(request, "library/cases.html", context)


def outbreak_cases(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's cases, in its own menu."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    context = frame_of(outbreak, at=request.at, current="outbreak_cases")
    return render(request, "library/outbreak_cases.html", context | search_context(request, within=outbreak))


def read_question(given: QueryDict, *, within: Outbreak | None = None) -> Asked:
    """The question that an address asks: q, a parameter for each kind of facet, sort, page."""
    chosen = [f"{kind}:{value}" for kind in KINDS for value in given.getlist(kind) if value]
    fixed = [f"outbreak:{within.slug}"] if within else []
    sort, page = given.get("sort", ""), given.get("page", "")
    return Asked(
        words=given.get("q", "").replace("\0", "").strip(),
        facets=tuple(dict.fromkeys([*fixed, *chosen])),
        sort=sort if sort in SORTS else SORTS[0],
        page=min(max(int(page), 1), LAST_PAGE) if page.isascii() and page.isdecimal() else 1,
    )


def search_context(request: TimedRequest, *, within: Outbreak | None = None) -> dict[str, Any]:
    """Everything the pages of search show."""
    asked = read_question(request.GET, within=within)
    found = find(asked, at=request.at, language=(get_language() or "en")[:2])
    shown = cards_of([(row.version, row.document) for row in found.rows])
    narrowings = list(_narrowings(found.facets, request.GET, within))
    return {
        "asked": asked,
        "found": found,
        "cards": shown,
        "shown": [Shown(row, card) for row, card in zip(found.rows, shown, strict=True)],
        "narrowings": narrowings,
        "chosen": [each for narrowing in narrowings for each in narrowing.choices if each.is_chosen],
        "kept": [(key, value) for key in (*KINDS, "on") for value in request.GET.getlist(key) if value],
        "sorts": [(each, SORT_NAMES[each], each == asked.sort) for each in SORTS],
        "page_obj": _page(asked, found),
        "instead": _with(request.GET, q=[found.instead]),
        "unnarrowed": _with(request.GET, **{kind: [] for kind in KINDS}),
    }


def _page(asked: Asked, found: Found) -> Page[int]:
    return Paginator(range(found.total), A_PAGE).get_page(asked.page)


def _narrowings(facets: Sequence[Facet], given: QueryDict, within: Outbreak | None) -> Iterator[Narrowing]:
    for facet in facets:
        if within and facet.kind == "outbreak":
            continue
        chosen = given.getlist(facet.kind)
        rest = _with(given, **{facet.kind: []})
        choices = [
            Choice(each.label, each.count, each.is_chosen, _and(rest, facet.kind, _toggled(chosen, each)))
            for each in facet.values
        ]
        yield Narrowing(facet.kind, facet.label, tuple(choices))


def _and(query: str, kind: str, values: Sequence[str]) -> str:
    return "&".join(each for each in (query, urlencode([(kind, value) for value in values])) if each)


def _toggled(chosen: Sequence[str], value: Value) -> list[str]:
    return [each for each in chosen if each != value.key] if value.is_chosen else [*chosen, value.key]


def _with(given: QueryDict, **changed: list[str]) -> str:
    """The address's question with some of it changed, from its first page."""
    query = given.copy()
    query.pop("page", None)
    for key, values in changed.items():
        query.setlist(key, values)
    return query.urlencode()
