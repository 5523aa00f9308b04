"""The situation report: an outbreak on one page, as PDF."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firstlight.outbreaks.models import Outbreak
from firstlight.situation.queries import Standing, standing_of
from firstlight.situation.rules import ClockLine
from firstlight.surveillance.queries import KeyFigures, home_place, numbers_of
from firstlight.surveillance.views import curve_of
from firstlight.web.languages import choose_wording

TEMPLATE = Path(__file__).parent / "report.typ"
FONTS = Path("web/static/viewer/fonts")


def situation_report(outbreak: Outbreak, *, at: datetime, language: str) -> bytes:
    """The report of that moment in Korean or English, as a PDF of one page."""
    with translation.override(language):
        data = report_data(outbreak, at=at, language=language)
    pdf: bytes = typst.compile(
        str(TEMPLATE),
        font_paths=[str(settings.PACKAGE / FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def report_data(outbreak: Outbreak, *, at: datetime, language: str) -> dict[str, Any]:
    """Every word and number of the report."""
    outbreak = outbreak.as_of(at)
    standing = standing_of(outbreak, at=at, most_news=7)
    phase = outbreak.phase(at)
    shown_on = _("Situation on %(day)s") % {"day": day(at)}
    return {
        "language": language,
        "title": f"{wording(outbreak, 'name', language)}, {timezone.localdate(at).isoformat()}",
        "kind": _("Situation report"),
        "name": wording(outbreak, "name", language),
        "as_of": " · ".join([shown_on, *([f"{_('Phase')}: {phase.get_key_display()}"] if phase else [])]),
        "summary": wording(outbreak, "summary", language),
        "figures": [*_epidemic(standing.figures), *_response(standing)],
        **_curve(outbreak, at=at),
        "news_title": _("What is new"),
        "news": [_news(each, language) for each in standing.news],
        "nothing": _("Nothing yet."),
        "clock_title": _("Day-0 clock"),
        "clock": [_clock(each, language) for each in standing.clock],
        "sources": _sources(standing.figures),
        "caution": _("Nothing here replaces a clinician’s judgement."),
        "made": f"Firstlight · {settings.ORIGIN}/outbreaks/{outbreak.slug}/?on={timezone.localdate(at).isoformat()}",
    }


def wording(thing: object, field: str, language: str) -> str:
    """A record's text in that language, or in the other one."""
    return choose_wording(thing, field, language).text


def day(moment: Any) -> str:
    """A day as that language writes it."""
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return str(date_format(local, "DATE_FORMAT"))


def count(number: float) -> str:
    """A whole number with its separators."""
    return str(number_format(number, 0, force_grouping=True))


def _epidemic(figures: KeyFigures | None) -> list[dict[str, str]]:
    if figures is None:
        return []
    cells = [{"label": _("Confirmed cases"), "value": count(figures.cases), "note": day(figures.day)}]
    if figures.shows_reported_rate and figures.reported_rate:
        rate = figures.reported_rate
        cells.append(_cell(_("Case fatality"), f"{rate.percent:.1f} %", day(rate.day)))
    elif figures.fatality:
        cells.append(_cell(_("Case fatality"), f"{figures.fatality.percent:.1f} %", day(figures.fatality.day)))
    if figures.deaths is not None and figures.deaths_on:
        cells.append(_cell(_("Deaths"), count(figures.deaths), day(figures.deaths_on)))
    return cells


def _cell(label: str, value: str, note: str) -> dict[str, str]:
    return {"label": label, "value": value, "note": note}


def _response(standing: Standing) -> list[dict[str, str]]:
    return [_cell(str(each.label), count(each.value), _("the response")) for each in standing.response[:3]]


def _curve(outbreak: Outbreak, *, at: datetime) -> dict[str, str]:
    place = home_place(outbreak)
    curve = curve_of(numbers_of(outbreak, place, at=at), is_log=False) if place else None
    if curve is None:
        return {"curve": "", "curve_title": "", "curve_note": ""}
    is_new = curve.counts == "new"
    return {
        "curve": render_to_string("situation/curve.svg", {"curve": curve}),
        "curve_title": _("New cases a day") if is_new else _("Cases so far"),
        "curve_note": _("The highest count is %(count)s, on %(day)s.")
        % {"count": count(curve.highest), "day": day(curve.highest_on)},
    }


def _news(news: Any, language: str) -> dict[str, str]:
    return {"day": day(news.at), "kind": str(news.kind), "title": wording(news, "title", language)}


def _clock(line: ClockLine, language: str) -> dict[str, Any]:
    reached = _("not yet") if line.hours is None else hours(line.hours)
    others = [
        {"name": wording(each, "name", language), "value": _("%(weeks)s weeks") % {"weeks": f"{each.weeks:g}"}}
        for each in line.comparators
    ]
    return {"label": line.label, "value": reached, "others": others}


def hours(number: int) -> str:
    """Hours, and weeks once there are enough of them."""
    text = ngettext("%(count)s hour", "%(count)s hours", number) % {"count": count(number)}
    return text if number < 168 else f"{text} ({_('%(weeks)s weeks') % {'weeks': f'{number / 168:.1f}'}})"


def _sources(figures: KeyFigures | None) -> str:
    if figures is None:
        return _("No numbers have been imported.")
    name = wording(figures.source, "name", translation.get_language() or "en")
    return _("Numbers: %(source)s, last day %(day)s.") % {"source": name, "day": day(figures.day)}
