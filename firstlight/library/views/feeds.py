from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from firstlight.library.queries.feeds import Asked, feed_of_cases
from firstlight.outbreaks.models import Outbreak
from firstlight.web.feeds import FORMS, answered, language_of, page_asked, written
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest

ASKED = ("outbreak", "tag", "lang", "on", "page")


@require_safe
def cases(request: TimedRequest, form: str) -> HttpResponseBase:
    """The cases as Atom, RSS or JSON Feed, of one outbreak and tag or of all, page by page."""
    if form not in FORMS:
        raise Http404
    query = {name: request.GET[name].replace("\0", "") for name in ASKED if request.GET.get(name)}
    outbreak = Outbreak.objects.known(request.at).filter(slug=query.get("outbreak", "")).first()
    if query.get("outbreak") and outbreak is None:
        return problem(404, "There is no such outbreak", "Leave ?outbreak= away for the cases of every outbreak.")
    asked = Asked(
        outbreak=outbreak.as_of(request.at) if outbreak else None,
        tag=query.get("tag", ""),
        language=language_of(request, query.get("lang", "")),
        page=page_asked(query),
        path=request.path,
        query=query,
    )
    feed = feed_of_cases(asked, at=request.at)
    if feed is None:
        return problem(404, "There is no such page", "Pages are counted from 1.")
    return answered(request, written(feed, form), FORMS[form], changed_at=feed.updated_at, language=feed.language)
