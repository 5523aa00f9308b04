from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.outbreaks import actions
from firstlight.outbreaks.forms import ActivationForm, PhaseForm, WordsForm, share_forms
from firstlight.outbreaks.hooks import dependents_of, frame_of, shares
from firstlight.outbreaks.models import Outbreak, Preparation
from firstlight.outbreaks.policies import check_can_activate
from firstlight.outbreaks.rules import blueprints
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest


@login_required
def choose_blueprint(request: TimedRequest) -> HttpResponse:
    """The first step of a new outbreak: what kind it is."""
    check_can_activate(signed_in(request))
    context = {"blueprints": blueprints().values(), "preparations": Preparation.objects.all()}
    return render(request, "outbreaks/choose.html", context)


@login_required
def prepare(request: TimedRequest, blueprint: str) -> HttpResponse:
    """The second step: every word and every share, to be changed before it goes live."""
    check_can_activate(signed_in(request))
    chosen = blueprints().get(blueprint)
    if chosen is None:
        return redirect("activate_outbreak")
    return _prepare(request, blueprint, {}, chosen.outbreak, chosen.shares)


@login_required
def edit_preparation(request: TimedRequest, slug: str) -> HttpResponse:
    """The same step again for an outbreak that waits to go live."""
    check_can_activate(signed_in(request))
    waiting = get_object_or_404(Preparation, slug=slug)
    blueprint = waiting.blueprint or next(iter(blueprints()))
    return _prepare(request, blueprint, {"preparation": waiting}, {"slug": slug, **waiting.fields}, waiting.plans)


def _prepare(
    request: TimedRequest, blueprint: str, context: dict[str, Any], words: dict[str, str], plans: dict[str, Any]
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ActivationForm(data, initial=words)
    parts = share_forms(plans, data)
    if data is not None and all(each.is_valid() for each in (form, *(part for _share, part in parts))):
        fields = dict(form.cleaned_data)
        try:
            preparation = actions.prepare_outbreak(
                blueprint=blueprint,
                slug=fields.pop("slug"),
                by=signed_in(request),
                at=request.now,
                fields=fields,
                plans={share.key: part.cleaned_data for share, part in parts},
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _saved(request, preparation)
    return render(request, "outbreaks/prepare.html", {"form": form, "parts": parts, **context})


def _saved(request: TimedRequest, preparation: Preparation) -> HttpResponse:
    if "live" not in request.POST:
        messages.success(request, _("Saved. Nobody else sees it before it goes live."))
        return redirect("edit_preparation", preparation.slug)
    outbreak = actions.go_live(preparation, by=signed_in(request), at=request.now)
    messages.success(request, _("The outbreak is live. Everything that was planned has been set up."))
    return redirect("outbreak", outbreak.slug)


@login_required
def switch(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's switch: what was set up, its phases, closing and undoing."""
    check_can_activate(signed_in(request))
    outbreak = get_object_or_404(Outbreak, slug=slug)
    labels = {share.key: share.label for share in shares()}
    context = {
        **frame_of(outbreak, at=request.at, current="switch_outbreak"),
        "set_ups": [(labels.get(each.share, each.share), each) for each in outbreak.set_ups.all()],
        "dependents": dependents_of(outbreak),
        "phase_form": PhaseForm(),
        "phases": outbreak.phases.all(),
    }
    return render(request, "outbreaks/switch.html", context)


@login_required
def rewrite(request: TimedRequest, slug: str) -> HttpResponse:
    """Change what an outbreak's record says from now on."""
    member = signed_in(request)
    check_can_activate(member)
    outbreak = get_object_or_404(Outbreak, slug=slug)
    form = WordsForm(request.POST or None, instance=outbreak)
    if request.method == "POST" and form.is_valid():
        actions.rewrite_outbreak(outbreak, by=member, at=request.now, **form.cleaned_data)
        messages.success(request, _("Saved. Earlier days keep what they said."))
        return redirect("outbreak", slug)
    context = {**frame_of(outbreak, at=request.now, current="switch_outbreak"), "form": form}
    return render(request, "outbreaks/rewrite.html", context)


@login_required
@require_POST
def enter_phase(request: TimedRequest, slug: str) -> HttpResponse:
    """Enter a phase from now on."""
    outbreak = get_object_or_404(Outbreak, slug=slug)
    form = PhaseForm(request.POST)
    if form.is_valid():
        actions.begin_phase(outbreak, by=signed_in(request), at=request.now, **form.cleaned_data)
        messages.success(request, _("The phase has begun."))
    return redirect("switch_outbreak", slug)


@login_required
@require_POST
def close(request: TimedRequest, slug: str) -> HttpResponse:
    """End the response, or take its end back."""
    outbreak = get_object_or_404(Outbreak, slug=slug)
    act = actions.reopen_outbreak if outbreak.closed_at else actions.close_outbreak
    act(outbreak, by=signed_in(request), at=request.now)
    return redirect("switch_outbreak", slug)


@login_required
@require_POST
def undo(request: TimedRequest, slug: str) -> HttpResponse:
    """Take an activation back while nothing hangs on it."""
    outbreak = get_object_or_404(Outbreak, slug=slug)
    try:
        preparation = actions.undo_activation(outbreak, by=signed_in(request), at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("switch_outbreak", slug)
    messages.success(request, _("Undone. It waits here as a preparation."))
    return redirect("edit_preparation", preparation.slug)
