from collections.abc import Iterator
from datetime import datetime

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from firstlight.alerts.queries.feeds import absolute, authority, sender_name
from firstlight.alerts.rules.feeds import tag_id
from firstlight.web.feeds import FORMS, Item, PagedFeed, answered, beginning_of_day, language_of, to_the_second, written
from firstlight.web.requests import TimedRequest
from firstlight.weekly.models import Round

MOST_ROUNDS = 25


@require_safe
def weekly(request: TimedRequest, form: str) -> HttpResponseBase:
    """Which rounds opened and which answers came out; never what the answer is."""
    if form not in FORMS:
        raise Http404
    language = language_of(request, request.GET.get("lang", ""))
    with translation.override(language):
        feed = _feed(request, language)
    return answered(request, written(feed, form), FORMS[form], changed_at=feed.updated_at, language=language)


def _feed(request: TimedRequest, language: str) -> PagedFeed:
    rounds = Round.objects.begun(request.at)[:MOST_ROUNDS]
    items = sorted(
        (item for each in rounds for item in _items(each, request.at)), key=lambda item: item.updated_at, reverse=True
    )
    return PagedFeed(
        id=f"{absolute(request.path)}?lang={language}",
        title=_("Weekly case"),
        subtitle=_("One case a week, and when its answer is out."),
        home_url=absolute(reverse("weekly")),
        self_url=absolute(request.get_full_path()),
        language=language,
        author=sender_name(),
        updated_at=items[0].updated_at if items else beginning_of_day(request.at),
        items=items,
    )


def _items(round_: Round, at: datetime) -> Iterator[Item]:
    number = {"number": round_.number}
    if round_.state(at) == Round.State.REVEALED and round_.revealed_at:
        title = _("Weekly case %(number)d: the answer is out") % number
        yield _item(round_, "revealed", title, "", round_.revealed_at)
    closes = date_format(timezone.localtime(round_.closes_at), "DATETIME_FORMAT")
    words = _("Answers are taken until %(moment)s.") % {"moment": closes}
    yield _item(round_, "opened", _("Weekly case %(number)d") % number, words, round_.opens_at)


def _item(round_: Round, what: str, title: str, summary: str, moment: datetime) -> Item:
    local = to_the_second(moment)
    return Item(
        id=tag_id(authority(), timezone.localdate(round_.opens_at), f"weekly:{round_.key}:{what}"),
        url=absolute(reverse("weekly_round", args=[round_.key])),
        title=title,
        summary=summary or title,
        html=f"<p>{escape(summary or title)}</p>",
        published_at=local,
        updated_at=local,
        more={"number": round_.number, "event": what},
    )
