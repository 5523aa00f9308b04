"""Order systems under Django, and the pages that show what they asked."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from firstlight.guidance.cds import keeping
from firstlight.guidance.cds.answering import answer
from firstlight.guidance.cds.asked import asked_up_to, order_systems
from firstlight.guidance.cds.models import OrderSystem
from firstlight.guidance.cds.names import public_id
from firstlight.guidance.cds.registering import OrderSystemForm, can_register, check_can_register, register, revoke
from firstlight.guidance.cds.wsgi import SAFE, asked
from firstlight.guidance.policies import can_write_guidelines
from firstlight.guidance.queries import guidelines_in_force
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest
from firstlight.web.templatetags.firstlight import active_language


@csrf_exempt  # order systems carry no cookie of ours; who they are stands in a signed token
def cds_services(request: HttpRequest, path: str = "") -> HttpResponse:
    """The same answers as beside Django, where no server of ours stands before it."""
    found = answer(asked(request.META), policy=keeping.policy_of_site())
    keeping.write_counts()
    response = HttpResponse(found.body, status=found.status, content_type=found.content_type or None)
    for name, value in (*found.headers.items(), *SAFE):
        response[name] = value
    return response


@login_required
def what_was_asked(request: TimedRequest) -> HttpResponse:
    """What order systems asked, what became of the cards, and who may sign calls."""
    if not (can_write_guidelines(request.user) or can_register(request.user)):
        raise PermissionDenied(_("What order systems asked is shown to editors and administrators."))
    language = active_language()
    known = {
        public_id(each.outbreak_slug, each.guideline.slug): each.guideline.short.in_language(language)
        for each in guidelines_in_force(at=request.at)
    }
    chosen = request.GET.get("guideline", "")
    context = {
        "asked": asked_up_to(request.at, guideline=chosen if chosen in known else "", language=language),
        "guidelines": known.items(),
        "chosen": chosen,
        "systems": order_systems(),
        "registers": can_register(request.user),
        "is_open": settings.CDS_OPEN,
        "address": f"{settings.ORIGIN}/cds-services",
    }
    return render(request, "guidance/order_systems.html", context)


@login_required
def register_system(request: TimedRequest) -> HttpResponse:
    """The form by which an administrator registers an order system."""
    check_can_register(request.user)
    form = OrderSystemForm(request.POST or None, initial={"keys": {"keys": []}})
    if request.method == "POST" and form.is_valid():
        register(form, by=signed_in(request), at=request.now)
        messages.success(request, _("Its signed calls are trusted from now on."))
        return redirect("order_systems")
    return render(request, "guidance/register_order_system.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke_system(request: TimedRequest, pk: int) -> HttpResponse:
    """Trust an order system no more."""
    revoke(get_object_or_404(OrderSystem, pk=pk), by=signed_in(request), at=request.now)
    messages.success(request, _("Its signed calls are refused from now on."))
    return redirect("order_systems")
