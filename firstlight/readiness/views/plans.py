from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from firstlight.imaging.store import read
from firstlight.readiness import actions
from firstlight.readiness.forms import PlanForm, ZoneForm
from firstlight.readiness.models import Board, Plan, Zone
from firstlight.readiness.queries import plans_of, signing_of, zones_of
from firstlight.readiness.views.frame import board_at, department, writer
from firstlight.web.requests import TimedRequest


@login_required
def show_all(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """The department's floor plans with their zones, and the form that hangs up another."""
    board = board_at(request, slug, institution)
    form = PlanForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        member = writer(request, board)
        if form.is_valid():
            plan = actions.add_plan(board, by=member, at=request.now, **form.cleaned_data)
            return redirect("readiness_plan", slug, institution, plan.pk)
    plans = [
        {"plan": plan, "zones": zones_of(plan, request.at), "signing": signing_of(plan, request.at)}
        for plan in plans_of(board, request.at)
    ]
    context = department(request, board, "readiness_plans", plans=plans, form=form, kinds=board.playbook.zones)
    return render(request, "readiness/plans.html", context)


@login_required
def show(request: TimedRequest, slug: str, institution: str, pk: int) -> HttpResponse:
    """A floor plan, and the form that draws a zone on it."""
    board = board_at(request, slug, institution)
    plan = _plan(board, pk, request)
    form = ZoneForm(request.POST or None)
    if request.method == "POST":
        writer(request, board)
        if form.is_valid() and _drawn(form, plan, None, request):
            return redirect("readiness_plan", slug, institution, pk)
    return _page(request, board, plan, form, None)


@login_required
def edit_zone(request: TimedRequest, slug: str, institution: str, pk: int, zone: int) -> HttpResponse:
    """The same page with one zone in hand."""
    board = board_at(request, slug, institution)
    plan = _plan(board, pk, request)
    found = get_object_or_404(Zone.objects.there(request.at), pk=zone, plan=plan)
    writer(request, board)
    initial = {"kind": found.kind, "label": found.label, "corners": found.corners_text}
    form = ZoneForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _drawn(form, plan, found, request):
        return redirect("readiness_plan", slug, institution, pk)
    return _page(request, board, plan, form, found)


def _plan(board: Board, pk: int, request: TimedRequest) -> Plan:
    plan: Plan = get_object_or_404(Plan.objects.there(request.at), pk=pk, board=board)
    return plan


def _page(request: TimedRequest, board: Board, plan: Plan, form: ZoneForm, zone: Zone | None) -> HttpResponse:
    context = department(
        request,
        board,
        "readiness_plans",
        plan=plan,
        zones=zones_of(plan, request.at),
        signing=signing_of(plan, request.at),
        form=form,
        zone=zone,
        kinds=board.playbook.zones,
    )
    return render(request, "readiness/plan.html", context)


def _drawn(form: ZoneForm, plan: Plan, zone: Zone | None, request: TimedRequest) -> bool:
    """Draw the form's zone, in the place of another if there is one; what is wrong goes back into the form."""
    data = {name: form.cleaned_data[name] for name in ("kind", "label", "corners")}
    member = writer(request, plan.board)
    try:
        if zone:
            actions.redraw_zone(zone, by=member, at=request.now, **data)
        else:
            actions.draw_zone(plan, by=member, at=request.now, **data)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


@login_required
@require_POST
def remove_zone(request: TimedRequest, slug: str, institution: str, pk: int, zone: int) -> HttpResponse:
    """Take a zone off the plan."""
    board = board_at(request, slug, institution)
    found = get_object_or_404(Zone.objects.there(request.now), pk=zone, plan=_plan(board, pk, request))
    actions.remove(found, by=writer(request, board), at=request.now)
    return redirect("readiness_plan", slug, institution, pk)


@login_required
@require_POST
def sign(request: TimedRequest, slug: str, institution: str, pk: int) -> HttpResponse:
    """Put one's name to the zones."""
    board = board_at(request, slug, institution)
    try:
        actions.sign_plan(_plan(board, pk, request), by=writer(request, board), at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Signed."))
    return redirect("readiness_plan", slug, institution, pk)


@login_required
@cache_control(private=True, max_age=86400, immutable=True)
def picture(request: TimedRequest, slug: str, institution: str, pk: int) -> HttpResponse:
    """The plan's picture, for those who may see the department."""
    board = board_at(request, slug, institution)
    plan = get_object_or_404(Plan, pk=pk, board=board)
    return HttpResponse(read(plan.digest, room=actions.PICTURES), content_type="image/png")
