"""What apps tell the numbers page about the response itself: notices sent, cases published, participants enrolled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise

from firstlight.outbreaks.models import Outbreak


@dataclass(frozen=True)
class ResponseNumber:
    """One number of the response: its place in the row, its name, how to count it, the view (by slug) that shows it."""

    order: int
    label: str | Promise
    count: Callable[[Outbreak, datetime], int]
    url_name: str = ""


@dataclass(frozen=True)
class ResponseFigure:
    """A response number as a page shows it."""

    label: str | Promise
    value: int
    url: str


_numbers: list[ResponseNumber] = []


def register_response_number(number: ResponseNumber) -> None:
    """Show a number of the response beside the outbreak's; called by an app when it starts."""
    if number not in _numbers:
        _numbers.append(number)
        _numbers.sort(key=lambda each: each.order)


def response_figures(outbreak: Outbreak, *, at: datetime) -> list[ResponseFigure]:
    """The response's own numbers at that moment."""
    return [
        ResponseFigure(
            each.label,
            each.count(outbreak, at),
            reverse(each.url_name, args=[outbreak.slug]) if each.url_name else "",
        )
        for each in _numbers
    ]
