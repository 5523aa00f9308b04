"""Notices as messages of the Common Alerting Protocol, version 1.2 (OASIS standard of 1 July 2010)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE: Final = "application/cap+xml"
SEVERITIES: Final = {4: "Extreme", 3: "Severe", 2: "Moderate", 1: "Minor"}
MESSAGE_TYPES: Final = {"alert": "Alert", "update": "Update", "cancel": "Cancel"}
_ILLEGAL_IN_NAMES = re.compile(r"[\s,<&]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message: 3.2.1 `references` names it by sender, identifier and sent."""

    sender: str
    identifier: str
    sent: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{written(self.sent)}"


@dataclass(frozen=True, slots=True)
class Area:
    """A country: its name in the info block's language, and its ISO 3166-1 code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """One language's block; everything optional in the standard may be empty."""

    language: str
    event: str
    urgency: str
    severity: str
    certainty: str
    effective: datetime
    area: Area
    audience: str = ""
    onset: datetime | None = None
    expires: datetime | None = None
    is_over: bool = False
    event_codes: tuple[tuple[str, str], ...] = ()
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A whole message; status is Actual, Exercise or Test."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    message_type: str
    note: str = ""
    references: tuple[Reference, ...] = ()
    incident: str = ""
    infos: tuple[Info, ...] = field(default_factory=tuple)


def legal_name(text: str) -> str:
    """A text as an identifier or sender may be written: no spaces, commas, `<` and `&` (3.2.1)."""
    return _ILLEGAL_IN_NAMES.sub("-", text.strip())


def written(moment: datetime) -> str:
    """A moment as CAP writes it: whole seconds, UTC being -00:00 (3.3.2). Raises ValueError for one without a zone."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("A moment in a CAP message has a time zone.")
    text = moment.replace(microsecond=0).isoformat()
    return text if offset else text[:-6] + "-00:00"


def build(message: Message) -> etree._Element:
    """The message as XML. Nothing is put between its elements, so that no reader's tidying breaks a signature."""
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the stubs know no default namespace
    _add(
        alert,
        ("identifier", message.identifier),
        ("sender", message.sender),
        ("sent", written(message.sent)),
        ("status", message.status),
        ("msgType", message.message_type),
        ("scope", "Public"),
        ("note", message.note),
        ("references", " ".join(str(each) for each in message.references)),
        ("incidents", message.incident),
    )
    for info in message.infos:
        _add_info(alert, info)
    return alert


def _add_info(alert: etree._Element, info: Info) -> None:
    block = etree.SubElement(alert, f"{{{NAMESPACE}}}info")
    _add(
        block,
        ("language", info.language),
        ("category", "Health"),
        ("event", info.event),
        ("responseType", "AllClear" if info.is_over else ""),
        ("urgency", info.urgency),
        ("severity", info.severity),
        ("certainty", info.certainty),
        ("audience", info.audience),
    )
    _add_pairs(block, "eventCode", info.event_codes)
    _add(
        block,
        ("effective", written(info.effective)),
        ("onset", written(info.onset) if info.onset else ""),
        ("expires", written(info.expires) if info.expires else ""),
        ("senderName", info.sender_name),
        ("headline", info.headline),
        ("description", info.description),
        ("instruction", info.instruction),
        ("web", info.web),
        ("contact", info.contact),
    )
    _add_pairs(block, "parameter", info.parameters)
    area = etree.SubElement(block, f"{{{NAMESPACE}}}area")
    _add(area, ("areaDesc", info.area.name))
    _add_pairs(area, "geocode", [("ISO3166-1", info.area.code)])


def _add(parent: etree._Element, *elements: tuple[str, str]) -> None:
    """Add elements in the schema's order, leaving out the empty ones."""
    for name, text in elements:
        if text:
            etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text


def _add_pairs(parent: etree._Element, name: str, pairs: Iterable[tuple[str, str]]) -> None:
    for value_name, value in pairs:
        _add(etree.SubElement(parent, f"{{{NAMESPACE}}}{name}"), ("valueName", value_name), ("value", value))


def serialized(alert: etree._Element) -> bytes:
    """The bytes that are published."""
    return etree.tostring(alert, xml_declaration=True, encoding="UTF-8")


def sign(alert: etree._Element, *, key: bytes, certificate: bytes) -> etree._Element:
    """The message with an enveloped signature that carries its certificate (3.3.4.1); the key is RSA or EC, in PEM."""
    is_elliptic = isinstance(load_pem_private_key(key, password=None), ec.EllipticCurvePrivateKey)
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256 if is_elliptic else SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    return signer.sign(alert, key=key, cert=certificate.decode())
