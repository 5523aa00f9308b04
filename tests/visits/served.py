"""A site of marked pages for real web processes, whose clock and country are told by each request."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from firstlight.visits.hooks import mark
from tests.visits.crowd import OUTBREAK


class ToldClock:
    """Sets the clock that the request tells, so that days pass in seconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.headers.get("X-Clock")
        if told:
            request.now = request.at = datetime.fromtimestamp(int(told), UTC)
        return self.get_response(request)


def page(request: HttpRequest, item: str) -> HttpResponse:
    group = "" if item == "page:home" else OUTBREAK
    return mark(HttpResponse(f"<title>{item}</title>"), item=item, group=group)


def gone(request: HttpRequest) -> HttpResponse:
    return mark(HttpResponse("<title>gone</title>", status=404), item="case:404", group=OUTBREAK)


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<title>not counted</title>")


urlpatterns = [
    path("page/<str:item>/", page),
    path("gone/", gone),
    path("unmarked/", unmarked),
    path("", include("firstlight.visits.urls")),
]
