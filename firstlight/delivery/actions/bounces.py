"""Take a bounced mail."""

from datetime import datetime

from django.conf import settings

from firstlight.delivery.actions.reports import take_reports
from firstlight.delivery.rules.client_ids import is_return_signed
from firstlight.delivery.transports.bounces import fetch_bounces, read_bounce


def take_bounce(raw: bytes, *, at: datetime) -> str:
    """Let a bounce say what became of its letter; gives its fate, or `ignored` for any other mail."""
    report = read_bounce(raw, verify=_is_ours)
    if report is None or take_reports("", [report], at=at):
        return "ignored"
    return report.fate.value


def collect_bounces(at: datetime) -> int:
    """Take every unread bounce of the mailbox that the setting names; how many concerned letters of ours.

    Raises CarrierDown for a mailbox that cannot be read: it is tried again with the next turn of the clock.
    """
    reports = fetch_bounces(settings.BOUNCES, verify=_is_ours)
    return sum(not take_reports("", [report], at=at) for report in reports)


def _is_ours(client_id: str, signature: str) -> bool:
    return is_return_signed(client_id, signature, key=settings.SECRET_KEY)
