from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.literature.actions.watching import begin_watch, end_watch
from firstlight.literature.forms import WatchForm
from firstlight.literature.models import Watch
from firstlight.literature.queries.watches import own_watches
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest


@login_required
def watches(request: TimedRequest) -> HttpResponse:
    """A member's saved searches with what they found, and a form for one more."""
    member = signed_in(request)
    form = WatchForm(request.POST or None, initial={"words": request.GET.get("q", "").replace("\0", "")[:400]})
    if request.method == "POST" and form.is_valid():
        try:
            begin_watch(**form.cleaned_data, outbreak=None, by=member, at=request.now)
        except ValidationError as error:
            form.add_error("words", error)
        else:
            messages.success(request, _("Kept. What arrives from now on is held against it."))
            return redirect("paper_watches")
    return render(request, "literature/watches.html", {"form": form, "watches": own_watches(member, at=request.now)})


@login_required
@require_POST
def end(request: TimedRequest, watch: int) -> HttpResponse:
    """End a saved search."""
    found = get_object_or_404(Watch, pk=watch, member=signed_in(request))
    end_watch(found.key, at=request.now)
    return redirect("paper_watches")
