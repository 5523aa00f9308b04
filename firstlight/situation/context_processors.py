from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from firstlight.alerts.policies import can_write_notices
from firstlight.delivery.policies import can_see_post
from firstlight.imaging.policies import can_keep_quarantine
from firstlight.library.policies import can_edit_cases
from firstlight.outbreaks.policies import can_activate
from firstlight.people.models import Member
from firstlight.people.policies import can_keep_members
from firstlight.weekly.policies import can_run_rounds

SITE = (
    (_("Notices"), "alerts"),
    (_("Weekly case"), "weekly"),
    (_("Cases"), "cases"),
    (_("Findings and schemes"), "reading"),
)
OWN = (
    (lambda user: isinstance(user, Member), _("What reaches me"), "me"),
    (can_write_notices, _("Notices: desk"), "notice_desk"),
    (can_edit_cases, _("Field reports: queue"), "sightings_desk"),
    (can_edit_cases, _("Cases: desk"), "desk"),
    (can_run_rounds, _("Weekly case: desk"), "weekly_desk"),
    (can_keep_quarantine, _("Quarantine"), "quarantine"),
    (can_keep_members, _("Members"), "members"),
    (can_see_post, _("Sending"), "post"),
    (can_activate, _("New outbreak"), "activate_outbreak"),
)


def menus(request: HttpRequest) -> dict[str, Any]:
    """The header's menu, what presses under it, and in the member's menu only what this member may do."""
    return {
        "site_menu": _site_menu(),
        "site_current": next((each["url"] for each in _site_menu() if request.path.startswith(each["url"])), ""),
        "site_strip": "situation/strip.html",
        "member_menu": lambda: _own_menu(getattr(request, "user", None)),
    }


@cache
def _site_menu() -> list[dict[str, Any]]:
    return [{"label": label, "url": reverse(name)} for label, name in SITE]


def _own_menu(user: object) -> list[dict[str, Any]]:
    """Asked for by the member's menu alone, which strangers do not have."""
    return [{"label": label, "url": reverse(name)} for may, label, name in OWN if may(user)]
