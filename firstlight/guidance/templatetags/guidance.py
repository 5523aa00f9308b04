from datetime import datetime

from django import template
from django.utils.translation import get_language

from firstlight.guidance.queries import Published, guidelines_in_force
from firstlight.guidance.rules.conditions import Condition
from firstlight.guidance.rules.guideline import Guideline
from firstlight.guidance.rules.inputs import Words, terms
from firstlight.guidance.rules.wording import say_answers, say_condition
from firstlight.outbreaks.models import Outbreak

register = template.Library()


@register.filter
def said(words: Words | None) -> str:
    """Words in the page's language."""
    return words.in_language(get_language() or "en") if words else ""


@register.filter
def term(name: str, kind: str) -> str:
    """A word of a closed list in the page's language: `{{ each.verb|term:"verbs" }}`."""
    return said(terms(kind)[name].label) if name else ""


@register.filter
def condition(when: Condition, guideline: Guideline) -> str:
    """A condition in the page's language."""
    return said(say_condition(when, guideline))


@register.filter
def answers(given: dict[str, str], guideline: Guideline) -> str:
    """Some answers in the page's language."""
    return said(say_answers(given, guideline))


@register.inclusion_tag("guidance/card.html")
def guidance_card(outbreak: Outbreak, at: datetime) -> dict[str, Outbreak | tuple[Published, ...]]:
    """The outbreak's guidelines in a few lines, for its overview."""
    return {"outbreak": outbreak, "guidelines": guidelines_in_force(at=at, outbreak=outbreak)}


@register.filter
def at(found: dict[str, object], key: str) -> object:
    """What stands under a key."""
    return found.get(key, ())


@register.filter
def heading(guideline: Guideline, name: str) -> str:
    """A short name of one of a guideline's inputs."""
    asked = guideline.input(name)
    return said(asked.heading) if asked else name


@register.filter
def item(listed: tuple[object, ...], place: int) -> object:
    """What stands at a place, from 0."""
    return listed[place]
