"""What the composer says beside a text while it is being typed: by the same rules that judge it later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firstlight.alerts.models import Notice
from firstlight.alerts.queries.checks import Check, checks_of, named
from firstlight.alerts.queries.prices import sms_terms
from firstlight.alerts.queries.texts import sms_shown
from firstlight.alerts.rules.cost import price_of
from firstlight.delivery.rules.counting import Count, Plan, Scheme, count
from firstlight.web.languages import LANGUAGES


@dataclass(frozen=True, slots=True)
class SmsCount:
    """A text message as the first carrier counts it, in words; `state` is ok, warn or danger."""

    language: str
    shown: str
    state: str
    charge: str
    room: str
    elsewhere: str
    unsendable: str
    risky: str


def sms_counts(notice: Notice) -> list[SmsCount]:
    """Both languages' text messages, counted."""
    return [_counted(notice, language) for language in LANGUAGES]


def _counted(notice: Notice, language: str) -> SmsCount:
    shown, terms = sms_shown(notice, language), sms_terms()
    here = count(shown, plan=terms.plan)
    other = Plan.KOREAN if terms.plan == Plan.INTERNATIONAL else Plan.INTERNATIONAL
    price = price_of(here, terms)
    charge = charge_of(here) if price is None else f"{charge_of(here)} · {money(price, terms.currency)}"
    return SmsCount(
        language=language,
        shown=shown,
        state=_state(here),
        charge=charge,
        room=room_of(here),
        elsewhere=charge_of(count(shown, plan=other)),
        unsendable=named(here.unsendable),
        risky=named(here.risky),
    )


def _state(counted: Count) -> str:
    if not counted.is_sendable:
        return "danger"
    return "warn" if counted.parts > 1 or counted.scheme == Scheme.LMS else "ok"


def charge_of(counted: Count) -> str:
    """What is charged for one message, in words."""
    match counted.scheme:
        case Scheme.SMS:
            return _("one SMS")
        case Scheme.LMS:
            return _("one LMS, the dearer long message")
        case Scheme.TOO_LONG:
            return _("too long to be sent")
        case _:
            alphabet = _("Latin alphabet") if counted.scheme == Scheme.GSM7 else _("Unicode")
            parts = ngettext("%(count)d part", "%(count)d parts", counted.parts) % {"count": counted.parts}
            return f"{parts} ({alphabet})"


def room_of(counted: Count) -> str:
    """How much is used and how much is left, in the carrier's own unit."""
    used = {"units": counted.units, "limit": counted.limit, "left": counted.left}
    if counted.left < 0:
        return _("%(over)d too many of %(limit)d") % {"over": -counted.left, "limit": counted.limit}
    if counted.scheme in {Scheme.SMS, Scheme.LMS}:
        return _("%(units)d of %(limit)d bytes, %(left)d left") % used
    return _("%(units)d of %(limit)d characters, %(left)d left") % used


def money(amount: float, currency: str) -> str:
    """An amount with its currency, without a decimal where there is none."""
    digits = 0 if amount == int(amount) else 2
    return f"{amount:,.{digits}f} {currency}"


def composer_report(notice: Notice, *, at: datetime) -> dict[str, Any]:
    """Everything the composer shows beside its fields."""
    checks = checks_of(notice, at=at)
    return {"counts": sms_counts(notice), "checks": checks, "blocking": [each for each in checks if each.blocks]}


def check_lines(checks: list[Check]) -> list[dict[str, Any]]:
    """The checks as a page's script takes them."""
    return [{"sentence": check.whole, "blocks": check.blocks} for check in checks]
