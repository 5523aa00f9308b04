"""A case in DataCite's metadata schema, kernel 4.5, as JSON and as XML."""

from typing import Any

from lxml import etree

from firstlight.library.rules.document import AuthorView
from firstlight.library.rules.orcid import ADDRESS as ORCID
from firstlight.library.rules.record import Record

NAMESPACE = "http://datacite.org/schema/kernel-4"
SCHEMA = "http://schema.datacite.org/meta/kernel-4.5/metadata.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# The stubs of lxml do not know the namespace that has no prefix.
_PREFIXES: Any = {None: NAMESPACE, "xsi": _XSI}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def datacite_json(record: Record) -> dict[str, Any]:
    """The record as DataCite's JSON; without a registered DOI its address identifies it."""
    return {
        "schemaVersion": NAMESPACE,
        **({"doi": record.doi} if record.doi else {}),
        "alternateIdentifiers": [{"alternateIdentifier": record.url, "alternateIdentifierType": "URL"}],
        "types": {"resourceTypeGeneral": "InteractiveResource", "resourceType": "Radiological teaching case"},
        "creators": [_creator(each) for each in record.authors] or [_society(record)],
        "titles": [{"title": record.title(each), "lang": each} for each in record.languages]
        or [{"title": record.title("en"), "lang": "en"}],
        "publisher": {"name": record.publisher},
        "publicationYear": str(record.published_on.year),
        "subjects": [{"subject": text, "lang": language} for text, language in record.keywords],
        "dates": [{"date": f"{day:%Y-%m-%d}", "dateType": kind, **more} for kind, day, more in _dates(record)],
        "language": (record.languages or ["en"])[-1],
        "version": str(record.version),
        "rightsList": [_rights(record)],
        "descriptions": [
            {"description": text, "descriptionType": "Abstract", "lang": language}
            for language, text in record.descriptions.items()
            if text
        ],
        "relatedIdentifiers": [
            {"relatedIdentifier": each.doi, "relatedIdentifierType": "DOI", "relationType": "References"}
            for each in record.references
            if each.doi
        ],
        "sizes": [f"{record.image_count} images"],
        "formats": ["application/dicom"],
    }


def _creator(author: AuthorView) -> dict[str, Any]:
    name = ", ".join(filter(None, (author.family_name, author.given_name)))
    creator: dict[str, Any] = {"name": name, "nameType": "Personal", "familyName": author.family_name}
    if author.given_name:
        creator["givenName"] = author.given_name
    if author.orcid:
        identifier = {"nameIdentifier": ORCID + author.orcid, "nameIdentifierScheme": "ORCID", "schemeUri": ORCID}
        creator["nameIdentifiers"] = [identifier]
    if affiliation := author.affiliation_en or author.affiliation_ko:
        creator["affiliation"] = [{"name": affiliation}]
    return creator


def _society(record: Record) -> dict[str, Any]:
    return {"name": record.publisher, "nameType": "Organizational"}


def _dates(record: Record) -> list[tuple[str, Any, dict[str, str]]]:
    dates: list[tuple[str, Any, dict[str, str]]] = [("Issued", record.published_on, {})]
    if record.updated_on != record.published_on:
        dates.append(("Updated", record.updated_on, {}))
    if record.taken:
        dates.append(("Withdrawn", record.taken.on, {"dateInformation": record.taken.kind}))
    return dates


def _rights(record: Record) -> dict[str, str]:
    licence = record.licence
    if licence is None:
        return {"rights": record.licence_words}
    return {
        "rights": licence.name,
        "rightsUri": licence.url,
        "rightsIdentifier": licence.spdx,
        "rightsIdentifierScheme": "SPDX",
        "schemeUri": "https://spdx.org/licenses/",
    }


def datacite_xml(record: Record) -> bytes:
    """The record as DataCite's XML."""
    told = datacite_json(record)
    root = etree.Element(f"{{{NAMESPACE}}}resource", nsmap=_PREFIXES)
    root.set(f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} {SCHEMA}")
    _add(root, "identifier", record.doi or record.url, identifierType="DOI" if record.doi else "URL")
    creators = _add(root, "creators")
    for each in told["creators"]:
        _add_creator(creators, each)
    _add_list(root, "titles", "title", told["titles"])
    _add(root, "publisher", record.publisher)
    _add(root, "publicationYear", told["publicationYear"])
    kind = told["types"]
    _add(root, "resourceType", kind["resourceType"], resourceTypeGeneral=kind["resourceTypeGeneral"])
    _add_list(root, "subjects", "subject", told["subjects"])
    _add_list(root, "dates", "date", told["dates"])
    _add(root, "language", told["language"])
    _add_list(root, "alternateIdentifiers", "alternateIdentifier", told["alternateIdentifiers"])
    _add_list(root, "relatedIdentifiers", "relatedIdentifier", told["relatedIdentifiers"])
    _add_list(root, "sizes", "size", [{"size": each} for each in told["sizes"]])
    _add_list(root, "formats", "format", [{"format": each} for each in told["formats"]])
    _add(root, "version", told["version"])
    rights = [{key.replace("Uri", "URI"): value for key, value in each.items()} for each in told["rightsList"]]
    _add_list(root, "rightsList", "rights", rights)
    _add_list(root, "descriptions", "description", told["descriptions"])
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", None, None)
    element.text = text or None
    for key, value in attributes.items():
        element.set(_LANG if key == "lang" else key, value)
    return element


def _add_list(root: etree._Element, name: str, item: str, rows: list[dict[str, str]]) -> None:
    """An element that wraps a list; each row's own name gives the text, the rest are attributes."""
    if not rows:
        return
    holder = _add(root, name)
    for row in rows:
        _add(holder, item, row[item], **{key: value for key, value in row.items() if key != item})


def _add_creator(parent: etree._Element, creator: dict[str, Any]) -> None:
    element = _add(parent, "creator")
    _add(element, "creatorName", creator["name"], nameType=creator["nameType"])
    for part in ("givenName", "familyName"):
        if part in creator:
            _add(element, part, creator[part])
    for each in creator.get("nameIdentifiers", []):
        _add(
            element,
            "nameIdentifier",
            each["nameIdentifier"],
            nameIdentifierScheme=each["nameIdentifierScheme"],
            schemeURI=each["schemeUri"],
        )
    for each in creator.get("affiliation", []):
        _add(element, "affiliation", each["name"])
