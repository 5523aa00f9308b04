import json
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from firstlight.library.rules import CaseDocument
from firstlight.library.rules.pointing import MarkView, marks_for_viewer

register = template.Library()
# As Django's json_script does: nothing in the data can end the element.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def marks_block(document: CaseDocument) -> SafeString:
    """The marks as a data block: put it where the answer is, and nowhere else."""
    return _block("marks", marks_for_viewer(document.marks, language=(get_language() or "en")[:2]))


@register.filter
def arrangement_block(document: CaseDocument) -> SafeString:
    """The author's arrangement as a data block."""
    return _block("arrangement", document.arrangement)


@register.filter
def kind_in_words(mark: MarkView) -> str:
    """What a mark is."""
    return {"arrow": _("Arrow"), "ellipse": _("Ellipse"), "region": _("Region"), "text": _("Text")}[mark.kind]


def _block(name: str, data: Any) -> SafeString:
    # The next line's text is escaped by _ESCAPES.
    written = mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308
    return format_html('<script type="application/json" data-viewer-{}>{}</script>', name, written)
