"""A case on paper: its words and key images as PDF, in Korean or English."""

import json
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from firstlight.imaging import store
from firstlight.imaging.models import Instance
from firstlight.imaging.rendering import NotRenderable, render
from firstlight.library.models import Case, CaseVersion
from firstlight.library.rules import CaseDocument, KeyImageView
from firstlight.library.rules.citation import citation
from firstlight.library.rules.record import Record
from firstlight.web.languages import choose_wording

TEMPLATE = Path(__file__).parent / "case.typ"
FONTS = Path("web/static/viewer/fonts")
PICTURE_PX = 900
_EMPHASIS = {"strong": "strong", "em": "em"}


def case_pdf(version: CaseVersion, record: Record, instances: Sequence[Instance], *, language: str) -> bytes:
    """A version of a case; a key image that cannot be drawn is left out."""
    document = CaseDocument.from_json(version.document)
    with TemporaryDirectory() as folder, translation.override(language):
        copyfile(TEMPLATE, Path(folder) / TEMPLATE.name)
        pictures = _pictures(document, instances, Path(folder), language)
        data = _data(version, record, document, pictures, language)
        pdf: bytes = typst.compile(
            str(Path(folder) / TEMPLATE.name),
            root=folder,
            font_paths=[str(settings.PACKAGE / FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    return pdf


def _data(
    version: CaseVersion,
    record: Record,
    document: CaseDocument,
    pictures: list[dict[str, str]],
    language: str,
) -> dict[str, Any]:
    """Every word of the page."""
    names = ("history", "findings", "diagnosis", "discussion", "teaching_points")
    headings = (_("History"), _("Findings"), _("Diagnosis"), _("Discussion"), _("Teaching points"))
    certainty = str(Case.Certainty(document.certainty).label) if document.certainty else ""
    return {
        "language": language,
        "title": choose_wording(document, "title", language).text or _("Untitled"),
        "eyebrow": _("Case %(number)d") % {"number": document.number},
        "authors": [_author(each, language) for each in document.authors],
        "version": _("Version %(number)d, %(day)s")
        % {"number": version.number, "day": date_format(timezone.localtime(version.in_force_from), "DATE_FORMAT")},
        "marks": _marks(document),
        "sections": [
            {"heading": heading, "blocks": blocks_of(choose_wording(document, name, language).text)}
            for heading, name in zip(headings, names, strict=True)
        ],
        "certainty": f"{_('Certainty of the diagnosis')}: {certainty}" if certainty else "",
        "pictures_heading": _("Key images"),
        "pictures": pictures,
        "references_heading": _("References"),
        "references": [f"{each.text}{f' doi:{each.doi}' if each.doi else ''}" for each in document.reference_list],
        "cite_heading": _("Cite this case"),
        "citation": citation(record, language),
        "licence": f"{_('Licence')}: {document.licence}",
        "made": f"{record.publisher} · {record.version_url}",
        "caution": _("Nothing here replaces a clinician’s judgement."),
    }


def _author(author: Any, language: str) -> dict[str, str]:
    name = author.name_ko if language == "ko" and author.name_ko else author.name_en
    return {"name": name, "affiliation": choose_wording(author, "affiliation", language).text, "orcid": author.orcid}


def _marks(document: CaseDocument) -> list[str]:
    marks = [_("Synthetic patient")] if document.is_synthetic else []
    return [*marks, *([_("Needs clinical sign-off")] if document.sign_off == "unsigned" else [])]


def _pictures(
    document: CaseDocument, instances: Sequence[Instance], folder: Path, language: str
) -> list[dict[str, str]]:
    by_uid = {each.sop_instance_uid: each for each in instances}
    shown = [each for each in document.key_images if _draw(each, by_uid, folder)]
    return [{"file": f"{each.number}.jpg", "caption": choose_wording(each, "caption", language).text} for each in shown]


def _draw(image: KeyImageView, instances: dict[str, Instance], folder: Path) -> bool:
    instance = instances.get(image.sop_instance_uid)
    if instance is None:
        return False
    try:
        content = render(store.source(instance.stored_object), frame=image.frame, longest_px=PICTURE_PX)
    except NotRenderable:
        return False
    (folder / f"{image.number}.jpg").write_bytes(content)
    return True


def blocks_of(commonmark: str) -> list[dict[str, Any]]:
    """CommonMark as paragraphs, headings and list items of plain, strong and slanted words."""
    blocks: list[dict[str, Any]] = []
    kinds: list[str] = []
    for token in MarkdownIt("commonmark", {"html": False}).disable("image").parse(commonmark):
        if token.type in {"list_item_open", "heading_open"}:
            kinds.append("item" if token.type == "list_item_open" else "heading")
        elif token.type in {"list_item_close", "heading_close"}:
            kinds.pop()
        elif token.type == "inline":
            blocks.append({"kind": kinds[-1] if kinds else "paragraph", "runs": _runs(token.children or [])})
        elif token.type in {"code_block", "fence"}:
            blocks.append({"kind": "paragraph", "runs": [{"style": "plain", "text": token.content}]})
    return blocks


def _runs(tokens: Sequence[Token]) -> list[dict[str, str]]:
    runs, style = [], "plain"
    for token in tokens:
        word = token.type.removesuffix("_open").removesuffix("_close")
        if word in _EMPHASIS:
            style = _EMPHASIS[word] if token.nesting > 0 else "plain"
        elif token.type in {"text", "code_inline"}:
            runs.append({"style": style, "text": token.content})
        elif token.type in {"softbreak", "hardbreak"}:
            runs.append({"style": "plain", "text": " "})
    return runs
