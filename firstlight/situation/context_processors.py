from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from firstlight.imaging.policies import can_contribute
from firstlight.library.policies import can_edit_cases
from firstlight.outbreaks.policies import can_activate


def menus(request: HttpRequest) -> dict[str, Any]:
    """The header's menu, and in the member's menu only what this member may do."""
    user = getattr(request, "user", None)
    own = [
        (can_edit_cases, _("Editors' desk"), "desk"),
        (can_contribute, _("Quarantine"), "quarantine"),
        (can_activate, _("New outbreak"), "activate_outbreak"),
    ]
    cases = reverse("cases")
    return {
        "site_menu": [{"label": _("Cases"), "url": cases, "current": request.path.startswith(cases)}],
        "member_menu": [{"label": label, "url": reverse(name)} for may, label, name in own if may(user)],
    }
