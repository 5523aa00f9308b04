"""A case as other teaching libraries take it in: a MIRC document, and an IHE TCE manifest (RAD TF-1 17, TF-3 4.56)."""

from collections.abc import Sequence
from hashlib import sha256

from lxml import etree
from pydicom import Dataset, FileMetaDataset
from pydicom.dataset import FileDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage

from firstlight.imaging.models import Instance
from firstlight.library.exporting.media import header_of
from firstlight.library.rules import LANGUAGES, AuthorView, CaseDocument
from firstlight.library.rules.record import Record, plain_text

_SECTIONS = (
    ("History", "history"),
    ("Findings", "findings"),
    ("Diagnosis", "diagnosis"),
    ("Discussion", "discussion"),
    ("Teaching points", "teaching_points"),
)
# Those which a reader of the quiz kind should not see at once.
_LATER = {"findings", "diagnosis", "discussion", "teaching_points"}


def mirc_document(record: Record, document: CaseDocument, images: Sequence[tuple[str, str, str]]) -> bytes:
    """The case as MIRCdocument; `images` are (picture, DICOM file, caption) of each key image."""
    root = etree.Element("MIRCdocument", display="page", docref=record.version_url)
    _add(root, "title", record.title("en"))
    if "ko" in record.languages:
        _add(root, "alternative-title", record.title("ko"))
    for author in record.authors:
        _add_author(root, author)
    _add(root, "abstract", record.descriptions.get("en") or record.descriptions.get("ko", ""))
    _add(root, "keywords", ", ".join(text for text, _language in record.keywords))
    _add(root, "level", "Advanced")
    _add(root, "publication-date", f"{record.published_on:%Y-%m-%d}")
    _add(root, "revision-history", f"Version {record.version}, {record.updated_on:%Y-%m-%d}")
    _add(root, "rights", f"{record.licence_words} {record.licence.url if record.licence else ''}".strip())
    _add(root, "authorization").append(_read_by_all())
    for heading, name in _SECTIONS:
        _add_section(root, heading, document, name)
    _add_images(root, images)
    references = _add(root, "references")
    for each in record.references:
        _add(references, "reference", f"{each.text} {f'https://doi.org/{each.doi}' if each.doi else ''}".strip())
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _read_by_all() -> etree._Element:
    element = etree.Element("read")
    element.text = "*"
    return element


def _add_author(root: etree._Element, author: AuthorView) -> None:
    element = _add(root, "author")
    _add(element, "name", author.name_en)
    if author.affiliation_en or author.affiliation_ko:
        _add(element, "affiliation", author.affiliation_en or author.affiliation_ko)
    if author.orcid:
        _add(element, "contact", f"https://orcid.org/{author.orcid}")


def _add_section(root: etree._Element, heading: str, document: CaseDocument, name: str) -> None:
    section = _add(root, "section", heading=heading, **({"visible": "no"} if name in _LATER else {}))
    for language in LANGUAGES:
        text = getattr(document, f"{name}_{language}")
        for paragraph in filter(str.strip, text.split("\n\n")):
            _add(section, "p", plain_text(paragraph)).set("lang", language)


def _add_images(root: etree._Element, images: Sequence[tuple[str, str, str]]) -> None:
    section = _add(root, "image-section", heading="Images")
    for picture, file, caption in images:
        image = _add(section, "image", src=picture)
        _add(image, "image-caption", caption, display="click")
        _add(image, "alternative-image", src=file, role="original-format")


def manifest(record: Record, instances: Sequence[Instance]) -> Dataset:
    """The key object selection that TCE asks for: every image, under the title "For Teaching File Export"."""
    first = header_of(instances[0])
    uid = _uid(f"{record.version_url} manifest")
    found = FileDataset("", {}, file_meta=_meta(uid), preamble=b"\0" * 128)
    found.SpecificCharacterSet = "ISO_IR 192"
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID"):
        setattr(found, keyword, first.get(keyword, ""))
    for keyword in ("PatientBirthDate", "PatientSex", "ReferringPhysicianName", "AccessionNumber"):
        setattr(found, keyword, first.get(keyword, ""))
    found.PatientIdentityRemoved = "YES"
    found.DeidentificationMethod = "The method of the images listed"
    found.SOPClassUID, found.SOPInstanceUID = KeyObjectSelectionDocumentStorage, uid
    found.Modality, found.SeriesInstanceUID = "KO", _uid(f"{record.version_url} series")
    found.SeriesNumber, found.InstanceNumber = 9000, 1
    found.ReferencedPerformedProcedureStepSequence = Items([])
    found.Manufacturer = "Firstlight"
    found.ContentDate, found.ContentTime = f"{record.updated_on:%Y%m%d}", "000000"
    found.CurrentRequestedProcedureEvidenceSequence = Items(_evidence(instances))
    found.ValueType, found.ContinuityOfContent = "CONTAINER", "SEPARATE"
    found.ConceptNameCodeSequence = Items([_code("TCE001", "IHERADTF", "For Teaching File Export")])
    found.ContentTemplateSequence = Items([_template()])
    found.ContentSequence = Items([_reference(each) for each in instances])
    return found


def _meta(uid: UID) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = KeyObjectSelectionDocumentStorage
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def _uid(name: str) -> UID:
    """A UID that the same name always gives (PS3.5 B.2)."""
    return UID(f"2.25.{int.from_bytes(sha256(name.encode()).digest()[:15])}")


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _template() -> Dataset:
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    return template


def _evidence(instances: Sequence[Instance]) -> list[Dataset]:
    """The images by study and series (PS3.3 C.17.2)."""
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for each in instances:
        series = studies.setdefault(each.series.study.study_instance_uid, {})
        series.setdefault(each.series.series_instance_uid, []).append(_sop(each))
    return [_study(uid, series) for uid, series in studies.items()]


def _sop(instance: Instance) -> Dataset:
    sop = Dataset()
    sop.ReferencedSOPClassUID, sop.ReferencedSOPInstanceUID = instance.sop_class_uid, instance.sop_instance_uid
    return sop


def _study(uid: str, series: dict[str, list[Dataset]]) -> Dataset:
    study = Dataset()
    study.StudyInstanceUID = uid
    study.ReferencedSeriesSequence = Items([_series(each, images) for each, images in series.items()])
    return study


def _series(uid: str, images: list[Dataset]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = uid
    series.ReferencedSOPSequence = Items(images)
    return series


def _reference(instance: Instance) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "IMAGE"
    item.ReferencedSOPSequence = Items([_sop(instance)])
    return item
