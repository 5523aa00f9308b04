from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from firstlight.outbreaks.actions import activate_outbreak
from firstlight.outbreaks.forms import ActivationForm
from firstlight.outbreaks.policies import check_can_activate
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest


@login_required
def activate(request: TimedRequest) -> HttpResponse:
    """The page on which an administrator switches an outbreak on."""
    member = signed_in(request)
    check_can_activate(member)
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            outbreak = activate_outbreak(by=member, at=request.now, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("outbreak", outbreak.slug)
    return render(request, "outbreaks/activate.html", {"form": form})
