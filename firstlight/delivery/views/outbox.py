"""What was sent while no carrier is set: a telephone and a mailbox to look at."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from firstlight.delivery.policies import check_can_see_post
from firstlight.delivery.queries import outbox_of

NEWEST = 400


@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """One person's telephone, and the letters beside it."""
    check_can_see_post(request.user)
    outbox = outbox_of(settings.DATA, newest=NEWEST, phone=request.GET.get("phone", ""))
    return render(request, "delivery/outbox.html", {"outbox": outbox})
