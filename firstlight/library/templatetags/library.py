import json
import re
from functools import cache
from pathlib import Path

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from firstlight import web
from firstlight.library.queries.search import Reason
from firstlight.library.search.ways import How

register = template.Library()
_CITATION = re.compile(r"\[(\d{1,3})\]")
# As Django's json_script does: nothing in the data can end the element.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def cited(html: SafeString) -> SafeString:
    """Text already made safe, with each [1] pointing at its reference."""
    return mark_safe(_CITATION.sub(r'<sup><a href="#ref-\1">\1</a></sup>', html))  # noqa: S308 — digits only


@register.filter
def json_for_viewer(series: list[dict[str, object]]) -> SafeString:
    """The viewer's list of series as a data block, which no policy lets run."""
    data = mark_safe(json.dumps(series, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 — escaped above
    return format_html('<script type="application/json" data-viewer-series>{}</script>', data)


@register.filter
def data_block(document: dict[str, object]) -> SafeString:
    """JSON-LD as a data block, which no policy lets run."""
    data = mark_safe(json.dumps(document, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 — escaped above
    return format_html('<script type="application/ld+json">{}</script>', data)


@register.simple_tag
def viewer_parts() -> SafeString:
    """What draws the first slice, named early: each would wait for the one before, a trip each.

    Cornerstone is not among them: it would share the line with the slice that it is not needed for.
    """
    modules = ((static(name),) for name in _built("first-slice-*.js") + _built("element-*.js"))
    others = ((static(name),) for name in _built("charlswasm_decode-*.wasm"))
    return format_html_join("", '<link rel="modulepreload" href="{}">', modules) + format_html_join(
        "", '<link rel="preload" as="fetch" crossorigin fetchpriority="low" href="{}">', others
    )


@cache
def _built(pattern: str) -> list[str]:
    """Parts of the built viewer by name; none where it has not been built."""
    assets = Path(web.__file__).parent / "static" / "viewer" / "assets"
    return [f"viewer/assets/{each.name}" for each in sorted(assets.glob(pattern))]


@register.filter
def reason_words(reason: Reason) -> str:
    """Why a case was found, in words: what stood there, and what links it to what was typed."""
    pattern = {
        How.NAME: _("%(found)s (another name of “%(typed)s”)"),
        How.SLIP: _("%(found)s (for “%(typed)s”)"),
        How.KEYBOARD: _("%(found)s (“%(typed)s” typed on a Korean keyboard)"),
    }.get(reason.how, "%(found)s")
    return pattern % {"found": reason.found, "typed": reason.typed}
