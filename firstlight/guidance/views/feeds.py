"""The versions of guidelines as a feed."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from firstlight.alerts.queries.feeds import absolute, authority, sender_name
from firstlight.alerts.rules.feeds import tag_id
from firstlight.guidance.models import GuidelineVersion
from firstlight.guidance.queries import guideline_in, version_url
from firstlight.guidance.rules.inputs import terms
from firstlight.web.feeds import FORMS, Item, PagedFeed, answered, beginning_of_day, language_of, to_the_second, written
from firstlight.web.requests import TimedRequest

MOST_VERSIONS = 25


@require_safe
def guidelines(request: TimedRequest, form: str) -> HttpResponseBase:
    """What came into force, the latest first, with every recommendation in its words."""
    if form not in FORMS:
        raise Http404
    language = language_of(request, request.GET.get("lang", ""))
    with translation.override(language):
        feed = _feed(request, language)
    return answered(request, written(feed, form), FORMS[form], changed_at=feed.updated_at, language=language)


def _feed(request: TimedRequest, language: str) -> PagedFeed:
    rows = GuidelineVersion.objects.filter(in_force_from__lte=request.at).select_related("guideline__outbreak")
    outbreak = request.GET.get("outbreak", "")
    if outbreak:
        rows = rows.filter(guideline__outbreak__slug=outbreak)
    items = [_item(row, language) for row in rows.order_by("-in_force_from", "-pk")[:MOST_VERSIONS]]
    return PagedFeed(
        id=f"{absolute(request.path)}?{urlencode({'lang': language, 'outbreak': outbreak})}",
        title=_("Imaging guidelines"),
        subtitle=_("Which imaging when: each version as it comes into force."),
        home_url=absolute(reverse("home")),
        self_url=absolute(request.get_full_path()),
        language=language,
        author=sender_name(),
        updated_at=items[0].updated_at if items else beginning_of_day(request.at),
        items=items,
    )


def _item(row: GuidelineVersion, language: str) -> Item:
    guideline = guideline_in(row.text)
    moment = to_the_second(row.in_force_from)
    strengths = {name: term.label.in_language(language) for name, term in terms("strengths").items()}
    lines = [
        f"{each.id}: {each.text.in_language(language)} ({strengths[each.strength]})"
        for each in guideline.recommendations
    ]
    return Item(
        id=tag_id(
            authority(), timezone.localdate(row.guideline.created_at), f"guideline:{row.guideline_id}:{row.number}"
        ),
        url=absolute(version_url(row)),
        title=guideline.title.in_language(language),
        summary=guideline.whom.in_language(language),
        html="<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>",
        published_at=moment,
        updated_at=moment,
        categories=(row.guideline.outbreak.slug,),
        more={"guideline": row.guideline.slug, "number": row.number, "version": guideline.version},
    )
