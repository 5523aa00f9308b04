from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from firstlight.literature.exporting import FORMS as FILES
from firstlight.literature.policies import can_screen, can_watch
from firstlight.literature.queries.feeds import FeedAsked, feed_of_papers
from firstlight.literature.queries.listing import NARROWED_BY, Asked, Choice, choices, listed, narrowed, queue, rows_of
from firstlight.literature.queries.papers import cards, papers_known
from firstlight.literature.search.finding import find
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.web.feeds import FORMS, answered, language_of, page_asked, written
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest

PAGE = 25
MOST_EXPORTED = 5000
MOST_FOUND = 1000
FEED_NAMES = (("atom", "Atom"), ("rss", "RSS"), ("json", "JSON Feed"))
NARROWING_NAMES = {
    "kind": _("Kind"),
    "state": _("State"),
    "standing": _("What became of it"),
    "tag": _("Tag"),
    "month": _("Month"),
}


def asked_by(request: TimedRequest) -> Asked:
    """What the address asks for."""
    words = request.GET.get("q", "").replace("\0", "")[:400]
    chosen = {name: value for name in NARROWED_BY if (value := request.GET.get(name, "").replace("\0", "")[:60])}
    return Asked(words, chosen)


@require_safe
def outbreak_literature(request: TimedRequest, slug: str) -> HttpResponse:
    """The papers of an outbreak, as of a day if asked."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    asked, language = asked_by(request), get_language() or "en"
    page = Paginator(narrowed(listed(outbreak, at=request.at), asked, at=request.at), PAGE).get_page(
        request.GET.get("page")
    )
    narrowings = choices(outbreak, asked, at=request.at, language=language)
    context = {
        **frame_of(outbreak, at=request.at, current="outbreak_literature"),
        "asked": asked,
        "page_obj": page,
        "rows": rows_of(list(page.object_list), at=request.at, language=language),
        "narrowings": [_narrowing(request, name, found) for name, found in narrowings.items()],
        "chosen": [
            (choice.label, _query(request, name, ""))
            for name, found in narrowings.items()
            for choice in found
            if choice.is_chosen
        ],
        "everything": listed(outbreak, at=request.at).count(),
        "waiting": queue(outbreak).count() if can_screen(request.user) else 0,
        "screens": can_screen(request.user),
        "feed_forms": FEED_NAMES,
    }
    return render(request, "literature/outbreak_literature.html", context)


def _narrowing(request: TimedRequest, name: str, found: list[Choice]) -> dict[str, Any]:
    values = [(each, _query(request, name, "" if each.is_chosen else each.value)) for each in found]
    is_chosen = any(each.is_chosen for each in found)
    return {"name": name, "label": NARROWING_NAMES[name], "values": values, "is_chosen": is_chosen}


def _query(request: TimedRequest, name: str, value: str) -> str:
    """The address's question with one thing of it changed, from its first page on."""
    query = request.GET.copy()
    query.pop("page", None)
    query.pop(name, None)
    if value:
        query[name] = value
    return query.urlencode()


@require_safe
def papers(request: TimedRequest) -> HttpResponse:
    """Search in every paper that is held."""
    words = request.GET.get("q", "").replace("\0", "")[:400]
    answer = find(words)
    found = answer.papers[:MOST_FOUND] if answer else []
    if not answer:
        found = list(papers_known(request.at).values_list("pk", flat=True)[:MOST_FOUND])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    held = cards(list(page.object_list), at=request.at)
    context = {
        "words": words,
        "page_obj": page,
        "cards": [held[pk] for pk in page.object_list if pk in held],
        "total": len(answer.papers) if answer else papers_known(request.at).count(),
        "read_as": answer.read_as if answer else {},
        "watches": can_watch(request.user),
    }
    return render(request, "literature/papers.html", context)


@require_safe
def outbreak_export(request: TimedRequest, slug: str, form: str) -> HttpResponse:
    """What the list shows, or what was ticked in it, as a file."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    found = narrowed(listed(outbreak, at=request.at), asked_by(request), at=request.at)
    ticked = [int(each) for each in request.GET.getlist("paper") if each.isdecimal() and len(each) < 18]
    if ticked:
        found = found.filter(paper__in=ticked)
    return exported(list(found.values_list("paper", flat=True)[:MOST_EXPORTED]), form, f"{slug}-papers", request)


def exported(pks: list[int], form: str, name: str, request: TimedRequest) -> HttpResponse:
    """Papers as a file in one of the forms."""
    if form not in FILES:
        raise Http404
    content_type, write = FILES[form]
    held = cards(pks, at=request.at)
    response = HttpResponse(write([held[pk] for pk in pks if pk in held]), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


@require_safe
def feed(request: TimedRequest, form: str) -> HttpResponseBase:
    """Listed papers as Atom, RSS or JSON Feed: of one outbreak or all, those with some words or all, page by page."""
    if form not in FORMS:
        raise Http404
    query = {
        name: request.GET[name].replace("\0", "")
        for name in ("outbreak", "q", "lang", "on", "page")
        if request.GET.get(name)
    }
    outbreak = Outbreak.objects.known(request.at).filter(slug=query.get("outbreak", "")).first()
    if query.get("outbreak") and outbreak is None:
        return problem(404, "There is no such outbreak", "Leave ?outbreak= away for the papers of every outbreak.")
    asked = FeedAsked(
        outbreak=outbreak.as_of(request.at) if outbreak else None,
        words=query.get("q", "")[:400],
        language=language_of(request, query.get("lang", "")),
        page=page_asked(query),
        path=request.path,
        query=query,
    )
    found = feed_of_papers(asked, at=request.at)
    if found is None:
        return problem(404, "There is no such page", "Pages are counted from 1.")
    return answered(request, written(found, form), FORMS[form], changed_at=found.updated_at, language=found.language)
