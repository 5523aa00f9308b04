"""A telephone's photograph of a screen as a de-identified Secondary Capture."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from firstlight.dicom.encoding import encoded_file, uid_bytes
from firstlight.dicom.identity import NOBODY, Identity
from firstlight.dicom.pixels import PixelReader, Region
from firstlight.dicom.reading import take_apart
from firstlight.dicom.structure import EXPLICIT, PIXEL_DATA, Element, Elements
from firstlight.pixels.cover import file_of

LONGEST_PX = 2048
MOST_PIXELS = 64_000_000
METHOD = "Firstlight: photograph, text in pixels covered"
OPTIONS = (("113100", "Basic Application Confidentiality Profile"), ("113101", "Clean Pixel Data Option"))
NewUid = Callable[[], str]


class BadPhotograph(ValueError):
    """A file that is no photograph this program takes; the message is a sentence for a person."""


@dataclass(frozen=True)
class Photograph:
    """What became of a photograph: "done", or "doubtful" for a person to look at; `content` is a DICOM file in both."""

    word: Literal["done", "doubtful"]
    content: bytes = field(repr=False)
    regions: tuple[Region, ...] = ()


def photograph(
    content: bytes,
    *,
    reader: PixelReader,
    study_instance_uid: str,
    new_uid: NewUid,
    pseudonym: str,
    identity: Identity = NOBODY,
) -> Photograph:
    """Make a Secondary Capture of a JPEG or PNG: turned upright, without EXIF, its text covered.

    Raises:
        BadPhotograph: when it is none, or too large.
    """
    elements = _elements(_upright(content), study_instance_uid, new_uid, pseudonym)
    names = (SecondaryCaptureImageStorage, bytes(elements[0x00080018].value).rstrip(b"\0").decode())
    file = b"".join(encoded_file(elements, ExplicitVRLittleEndian, EXPLICIT, *names))
    verdict = reader(take_apart(file), identity)
    if verdict.word == "doubtful":
        return Photograph("doubtful", file, verdict.regions)
    return Photograph("done", file_of(verdict.instance), verdict.regions)


def _upright(content: bytes) -> Image.Image:
    """The picture alone, as it is meant to be seen and no larger than needed; nothing that came with it."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPhotograph("The photograph is too large.")
            plain = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, BadPhotograph):
            raise
        raise BadPhotograph("This is not a JPEG or PNG photograph.") from None
    plain.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    return plain


def _elements(image: Image.Image, study_instance_uid: str, new_uid: NewUid, pseudonym: str) -> Elements:
    texts = {
        0x00080005: ("CS", "ISO_IR 192"), 0x00080008: ("CS", "DERIVED\\SECONDARY"), 0x00080060: ("CS", "OT"),
        0x00080064: ("CS", "DI"), 0x00100010: ("PN", pseudonym), 0x00100020: ("LO", pseudonym),
        0x00120062: ("CS", "YES"), 0x00120063: ("LO", METHOD), 0x00280301: ("CS", "NO"),
        0x00280004: ("CS", "RGB"), 0x00200011: ("IS", "1"), 0x00200013: ("IS", "1"), 0x00282110: ("CS", "01"),
    }  # fmt: skip
    empty = {
        0x00080020: "DA", 0x00080030: "TM", 0x00080050: "SH", 0x00080090: "PN", 0x00100030: "DA",
        0x00100040: "CS", 0x00200010: "SH", 0x00200020: "CS",
    }  # fmt: skip
    uids = {
        0x00080016: str(SecondaryCaptureImageStorage), 0x00080018: new_uid(),
        0x0020000D: study_instance_uid, 0x0020000E: new_uid(),
    }  # fmt: skip
    numbers = {
        0x00280002: 3, 0x00280006: 0, 0x00280010: image.height, 0x00280011: image.width,
        0x00280100: 8, 0x00280101: 8, 0x00280102: 7, 0x00280103: 0,
    }  # fmt: skip
    elements = {tag: Element(tag, vr, value.encode()) for tag, (vr, value) in texts.items()}
    elements |= {tag: Element(tag, vr, b"") for tag, vr in empty.items()}
    elements |= {tag: Element(tag, "UI", uid_bytes(value)) for tag, value in uids.items()}
    elements |= {tag: Element(tag, "US", struct.pack("<H", value)) for tag, value in numbers.items()}
    elements[0x00120064] = Element(0x00120064, "SQ", b"", tuple(_code(*option) for option in OPTIONS))
    elements[PIXEL_DATA] = Element(PIXEL_DATA, "OB", image.tobytes())
    return elements


def _code(value: str, meaning: str) -> Elements:
    values = {0x00080100: ("SH", value), 0x00080102: ("SH", "DCM"), 0x00080104: ("LO", meaning)}
    return {tag: Element(tag, vr, text.encode()) for tag, (vr, text) in values.items()}
