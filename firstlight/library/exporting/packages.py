"""What a package of a case holds, file by file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from firstlight.imaging import store
from firstlight.imaging.models import Instance
from firstlight.imaging.rendering import NotRenderable, render
from firstlight.library.exporting.archive import File
from firstlight.library.exporting.media import media_of, written
from firstlight.library.exporting.teaching import manifest, mirc_document
from firstlight.library.rules import CaseDocument, KeyImageView
from firstlight.library.rules.citation import bibtex, citation
from firstlight.library.rules.datacite import datacite_json, datacite_xml
from firstlight.library.rules.record import Record

PICTURE_PX = 1024


def dicom_package(record: Record, document: CaseDocument, instances: Sequence[Instance]) -> Iterator[File]:
    """Licence first, then what the case says, then every image as it was stored, with its DICOMDIR."""
    media = media_of(instances)
    yield "LICENSE.txt", licence_text(record).encode()
    yield "README.txt", _readme(record, "DICOM images").encode()
    yield "case.json", _case_json(record, document, media.places)
    yield "datacite.xml", datacite_xml(record)
    yield "citation.bib", bibtex(record).encode()
    yield "DICOMDIR", media.directory
    for each in instances:
        yield media.places[each.sop_instance_uid], store.source(each.stored_object)


def teaching_package(record: Record, document: CaseDocument, instances: Sequence[Instance]) -> Iterator[File]:
    """A MIRC document with its pictures, the TCE manifest, and every image."""
    media = media_of(instances)
    by_uid = {each.sop_instance_uid: each for each in instances}
    pictures = [(each, content) for each in document.key_images if (content := _picture(each, by_uid)) is not None]
    listed = [
        (_name(image), media.places[image.sop_instance_uid], image.caption_en or image.caption_ko)
        for image, _content in pictures
    ]
    yield "LICENSE.txt", licence_text(record).encode()
    yield "README.txt", _readme(record, "MIRC document, IHE TCE manifest and DICOM images").encode()
    yield "MIRCdocument.xml", mirc_document(record, document, listed)
    for image, content in pictures:
        yield _name(image), content
    yield "manifest.dcm", written(manifest(record, instances))
    for each in instances:
        yield media.places[each.sop_instance_uid], store.source(each.stored_object)


def _name(image: KeyImageView) -> str:
    return f"images/key-{image.number}.jpg"


def _picture(image: KeyImageView, instances: dict[str, Instance]) -> bytes | None:
    """A key image as JPEG; None for one that is not among the images, or that cannot be drawn."""
    instance = instances.get(image.sop_instance_uid)
    if instance is None:
        return None
    try:
        return render(store.source(instance.stored_object), frame=image.frame, longest_px=PICTURE_PX)
    except NotRenderable:
        return None


def licence_text(record: Record) -> str:
    """Under which licence the package is given, and how its makers are to be named."""
    licence = record.licence
    lines = [
        f"Licence: {licence.name if licence else record.licence_words}",
        f"SPDX-License-Identifier: {licence.spdx}" if licence else "",
        licence.url if licence else "",
        "",
        "Name its makers like this:",
        citation(record, "en"),
        citation(record, "ko"),
    ]
    return "\n".join(line for line in lines if line or line == "").strip() + "\n"


def _readme(record: Record, what: str) -> str:
    return (
        f"{record.title('en')}\n{record.title('ko')}\n\n"
        f"{what} of case {record.number}, version {record.version}.\n{record.version_url}\n\n"
        "The images were de-identified before they were published; they are given as they were stored.\n"
        "For teaching and research. Nothing here replaces a clinician's judgement.\n"
        "Whether the case was corrected or retracted since is told at its address.\n"
    )


def _case_json(record: Record, document: CaseDocument, places: dict[str, str]) -> bytes:
    told = {"case": asdict(document), "datacite": datacite_json(record), "files": places}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
