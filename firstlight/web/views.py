from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firstlight.web import style_guide


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for a request that could not be read."""
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for a reader who may not see what was asked for."""
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for an address that leads nowhere."""
    return render(request, "404.html", status=404)


def show_style_guide(request: HttpRequest) -> HttpResponse:
    """Every component of the design system on one page, in the reader's language and theme."""
    context = {
        "form": style_guide.SampleForm(style_guide.ENTERED),
        "cases": style_guide.CASES,
        "opened_on": style_guide.OPENED_ON,
        "closes_at": style_guide.CLOSES_AT,
        "colours": style_guide.COLOURS,
        "page": Paginator(range(240), 12).page(7),
    }
    return render(request, "web/style_guide.html", context)
