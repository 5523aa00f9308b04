"""A year's certificate, as PDF."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firstlight.weekly.queries import Line

TEMPLATE = Path(__file__).parent / "certificate.typ"
FONTS = Path("web/static/viewer/fonts")


def certificate(line: Line, *, year: int, participants: int, rounds: int, at: datetime, language: str) -> bytes:
    """What somebody reached in a year, in Korean or English, as a PDF of one page."""
    with translation.override(language):
        data = certificate_data(line, year=year, participants=participants, rounds=rounds, at=at, language=language)
    pdf: bytes = typst.compile(
        str(TEMPLATE),
        font_paths=[str(settings.PACKAGE / FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def certificate_data(
    line: Line, *, year: int, participants: int, rounds: int, at: datetime, language: str
) -> dict[str, Any]:
    """Every word and number of the certificate."""
    tally = line.tally
    return {
        "language": language,
        "title": _("Weekly case %(year)d") % {"year": year},
        "kind": _("Certificate"),
        "name": line.name,
        "country": line.country,
        "place": _("Place %(place)d of %(all)d") % {"place": line.place, "all": participants},
        "points": ngettext("%(count)d point", "%(count)d points", tally.points) % {"count": tally.points},
        "words": _(
            "answered %(answered)d of the year’s %(rounds)d cases; "
            "the first answer was right in %(first)d, a later one in %(later)d."
        )
        % {"answered": tally.answered, "rounds": rounds, "first": tally.right_first, "later": tally.right_later},
        "day": date_format(timezone.localdate(at), "DATE_FORMAT"),
        "made": f"Firstlight · {settings.ORIGIN}/weekly/ranking/{year}/",
    }
