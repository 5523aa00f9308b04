"""Addresses of our own pages that a card leads to; nothing personal stands in them."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from firstlight.guidance.queries import Published
from firstlight.guidance.rules.inputs import shared_inputs


@lru_cache(1024)
def _path(name: str, *parts: str | int) -> str:
    return reverse(name, args=parts)


def guideline_page(published: Published, *, root: str) -> str:
    """The guideline's page, as its version stands there today."""
    return root + _path("guideline", published.outbreak_slug, published.guideline.slug)


def version_page(published: Published, *, root: str) -> str:
    """The page of the very version that the card was made from, which says the same for ever."""
    return root + _path("guideline_version", published.outbreak_slug, published.guideline.slug, published.number)


def bedside_page(outbreak: str, answers: Mapping[str, str], *, root: str) -> str:
    """The page that asks for the rest, with the answers that are known; a number such as an age is asked again."""
    known = shared_inputs()
    kept = {name: answer for name, answer in answers.items() if name not in known or not known[name].is_number}
    return f"{root}{_path('which_imaging', outbreak)}{'?' if kept else ''}{urlencode(sorted(kept.items()))}"


def icon(*, root: str) -> str:
    """A square picture that stands beside our cards: 100 pixels, without transparency."""
    return f"{root}{settings.STATIC_URL}guidance/card.png"
