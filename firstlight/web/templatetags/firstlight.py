"""What every template needs: two languages, CommonMark, dates and numbers as people write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.core.paginator import Paginator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import is_aware, localtime
from django.utils.translation import get_language

from firstlight.web.keeping import for_a_moment
from firstlight.web.languages import LANGUAGES, Wording, choose_wording
from firstlight.web.prose import render_commonmark

register = template.Library()


def active_language() -> str:
    """The page's language, `ko` or `en`."""
    language = (get_language() or "").partition("-")[0]
    return language if language in LANGUAGES else LANGUAGES[-1]


def _wording(subject: object, field: str) -> Wording:
    return choose_wording(subject, field, active_language())


@register.simple_tag
def localized(subject: object, field: str) -> str:
    """The text in the page's language, else in the other one and marked with its `lang`."""
    wording = _wording(subject, field)
    if wording.language == active_language():
        return wording.text
    return format_html('<span lang="{}">{}</span>', wording.language, wording.text)


@register.simple_tag
def lang_attr(subject: object, field: str) -> str:
    """A `lang` attribute for the element around a text that is not in the page's language."""
    wording = _wording(subject, field)
    if wording.language == active_language():
        return ""
    return format_html(' lang="{}"', wording.language)


@register.simple_tag(takes_context=True)
def kept(context: template.Context, name: str, *rests_on: object) -> SafeString:
    """A template that says the same to every reader, written once a second for a language and for what it rests on."""

    def written() -> SafeString:
        engine = context.template.engine  # type: ignore[union-attr]  # it is being rendered
        return mark_safe(engine.get_template(name).render(context))  # noqa: S308 - templates escape

    return for_a_moment(("template", name, active_language(), *rests_on), written)


@register.filter
def in_language(subject: object, field: str) -> str:
    """The text alone, for attributes, titles and `|commonmark`."""
    return _wording(subject, field).text


@register.filter
def commonmark(text: str | None, top_heading: int = 3) -> SafeString:
    """CommonMark as safe HTML, `#` becoming `<h3>` unless told otherwise."""
    return mark_safe(render_commonmark(text or "", top_heading))  # noqa: S308 - raw HTML is escaped


@register.filter
def day(value: date | None) -> str:
    """A date as the page's language writes it, in a `<time>`."""
    if not value:
        return ""
    on = _local(value).date() if isinstance(value, datetime) else value
    return _time_element(on, "DATE_FORMAT")


@register.filter
def moment(value: datetime | None) -> str:
    """A date and time of day in the current time zone, in a `<time>`."""
    return _time_element(_local(value), "DATETIME_FORMAT") if value else ""


@register.filter
def count(number: int | None) -> str:
    """A number with thousands apart: 12,715."""
    return "" if number is None else f"{number:,}"


@register.filter
def page_numbers(paginator: Paginator[object], number: int) -> Iterable[int | str]:
    """The page numbers worth a link from page `number`: the ends, its neighbours and ellipses between."""
    return paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)


def _local(value: datetime) -> datetime:
    return localtime(value) if is_aware(value) else value


def _time_element(value: date | datetime, style: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, style))
