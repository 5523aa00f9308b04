"""What templates need of notices."""

from typing import Any

from django import template

from firstlight.alerts.queries.archive import standing_strip
from firstlight.alerts.queries.feeds import standing_word
from firstlight.alerts.rules.reading import Standing, quoted
from firstlight.outbreaks.models import Outbreak
from firstlight.web.keeping import for_a_moment

register = template.Library()

TIERS = {4: "danger", 3: "warn", 2: "info", 1: ""}
STANDINGS = {Standing.STANDS: "ok", Standing.CANCELLED: "danger", Standing.CANCELS: "danger"}


@register.inclusion_tag("alerts/standing.html", takes_context=True)
def standing_notices(context: template.Context, outbreak: Outbreak | None = None) -> dict[str, Any]:
    """The warnings and emergencies that stand at the request's moment, for the top of a page.

    A page that answers before the request has its moment, as an error may, goes without them.
    """
    request = context.get("request")
    at = getattr(request, "at", None)
    key = ("strip", outbreak.pk if outbreak else None, at.replace(microsecond=0) if at else None)
    return {"notices": for_a_moment(key, lambda: standing_strip(outbreak, at)) if at else [], "request": request}


@register.filter
def tier_kind(severity: int) -> str:
    """The kind of mark or callout that a tier has."""
    return TIERS[severity]


@register.filter
def standing_kind(standing: Standing) -> str:
    """The kind of mark that how a notice stands has."""
    return STANDINGS.get(standing, "")


@register.filter
def standing_name(standing: Standing) -> str:
    """How a notice stands, in a word."""
    return standing_word(standing)


@register.filter
def as_quoted(text: str) -> str:
    """A text message without the places of personal links."""
    return quoted(text)
