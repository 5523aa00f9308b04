"""Words and signs of the readiness pages."""

from collections.abc import Iterable

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from firstlight.readiness.models import HAPPENINGS, ITEM_STATES
from firstlight.readiness.playbook import Playbook, Source
from firstlight.readiness.queries import Line
from firstlight.readiness.rules import Happening, ItemState, RoomState, RoomStatus

register = template.Library()

MARK_CLASSES = {
    ItemState.OPEN: "draft",
    ItemState.IN_PROGRESS: "in-review",
    ItemState.DONE: "ok",
    ItemState.NOT_APPLICABLE: "synthetic",
}
SIGNS = {"yes": "●", "no": "–", "some": "○", "either": "◐"}


@register.simple_tag
def state_words(state: str) -> str:
    """An item's state in words."""
    return str(ITEM_STATES[ItemState(state)])


@register.simple_tag
def state_mark(state: str) -> str:
    """An item's state as a mark."""
    return format_html('<span class="mark {}">{}</span>', MARK_CLASSES[ItemState(state)], state_words(state))


@register.simple_tag
def happening_words(what: str) -> str:
    """What happened in a room."""
    return str(HAPPENINGS[Happening(what)])


@register.simple_tag
def room_words(status: RoomStatus) -> str:
    """How a room stands."""
    return {
        RoomState.FREE: _("Free"),
        RoomState.OCCUPIED: _("In use"),
        RoomState.TO_CLEAN: _("To be cleaned"),
        RoomState.CLEANING: _("Being cleaned"),
        RoomState.PAUSE: _("Air is clearing"),
    }[status.state]


@register.simple_tag
def need_sign(need: str) -> str:
    """Whether something is worn: a sign for the eye, words for the ear."""
    words = {
        "yes": _("needed"),
        "no": _("not needed"),
        "some": _("as the task requires"),
        "either": _("one of the two gowns"),
    }
    sign = '<span aria-hidden="true">{}</span><span class="visually-hidden">{}</span>'
    return format_html(sign, SIGNS[need], words[need])


@register.simple_tag
def mark_words(mark: str) -> str:
    """How sure a source is."""
    return {
        "V": _("read in the source"),
        "V2": _("read second-hand"),
        "M": _("not verified"),
    }[mark]


@register.simple_tag
def cited(sources: Iterable[Source], playbook: Playbook) -> str:
    """The numbers of the sources, as links to the list below."""
    numbers = {source.key: place for place, source in enumerate(playbook.sources, 1)}
    links = format_html_join(
        ", ", '<a href="#ref-{}">{}</a>', ((source.key, numbers[source.key]) for source in sources)
    )
    return format_html("<sup>{}</sup>", links)


@register.simple_tag
def change_words(line: Line) -> str:
    """What a line of an item's history changed."""
    change = line.change
    words = {
        "started": "",
        "state": state_words(change.state),
        "owner": _("Owner: %(name)s") % {"name": change.owner or "–"},
        "due_on": _("Due %(day)s") % {"day": date_format(change.due_on) if change.due_on else "–"},
        "evidence": _("Evidence: %(text)s") % {"text": change.evidence or "–"},
        "evidence_link": change.evidence_link,
    }
    return " · ".join(words[name] for name in line.changed if words[name])
