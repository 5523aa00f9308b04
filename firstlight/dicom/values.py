"""Whether the bytes of a value are what their VR says, PS3.5 6.2."""

import re
from functools import lru_cache

from firstlight.dicom import dictionary
from firstlight.dicom.structure import Element, Value

WIDTHS = {
    "AT": 2, "US": 2, "SS": 2, "OW": 2,
    "UL": 4, "SL": 4, "FL": 4, "OF": 4, "OL": 4,
    "FD": 8, "OD": 8, "OV": 8, "SV": 8, "UV": 8,
}  # fmt: skip
SIZES = WIDTHS | {"AT": 4}
TEXT_VRS = frozenset(["LO", "LT", "PN", "SH", "ST", "UC", "UT"])

_NUMBER = rb" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? *"
_WHOLE = rb" *[+-]?\d+(?:\.0*)? *"
_UID = rb"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*"
_DATE = rb"\d{4}(?:\d{4}|\.\d\d\.\d\d) *"
_TIME = rb"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d|60)?)?(?:(?<=\d{6})\.\d{1,6})? *"
_MOMENT = rb"\d{4}(?:\d\d){0,5}(?:(?<=\d{14})\.\d{1,6})?(?:[+-]\d{4})? *"


def _several(one: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:%s)?(?:\\(?:%s)?)*" % (one, one))


PATTERNS = {
    "DS": _several(_NUMBER),
    "IS": _several(_WHOLE),
    "UI": _several(_UID),
    "DA": _several(_DATE),
    "TM": _several(_TIME),
    "DT": _several(_MOMENT),
    "AS": _several(rb"\d{3}[DWMY]"),
    "CS": _several(rb"[A-Z0-9 _]{0,16}"),
}


def decodable(element: Element) -> bool:
    """Whether a reader that trusts the VR could decode this value without failing."""
    size = SIZES.get(element.vr)
    if size is not None:
        return len(element.value) % size == 0
    return element.vr not in ("DS", "IS") or fits(element.vr, bytes(element.value))


def fits(vr: str, value: Value) -> bool:
    """Whether a value keeps to the form of its VR; VRs without a form of their own always do."""
    if vr in SIZES:
        return len(value) % SIZES[vr] == 0
    return vr not in PATTERNS or (len(value) < 1 << 16 and _fits(vr, bytes(value)))


@lru_cache(maxsize=8192)
def _fits(vr: str, value: bytes) -> bool:
    return PATTERNS[vr].fullmatch(value.rstrip(b"\0")) is not None


def valid_uid(value: str) -> bool:
    """Whether this is one UID of at most 64 characters, PS3.5 9.1."""
    return 0 < len(value) <= 64 and re.fullmatch(_UID.decode(), value) is not None


def character_sets(element: Element | None) -> tuple[str, ...]:
    """The terms of Specific Character Set as they stand."""
    value = bytes(element.value).decode("latin-1") if element else ""
    return tuple(term.strip(" \0") for term in value.split("\\"))


@lru_cache(maxsize=4096)
def decoded(value: bytes, terms: tuple[str, ...]) -> str | None:
    """The text of a value in its character sets (PS3.5 6.1.2), or None where it is not in them."""
    plain = value.rstrip(b"\0 ")
    if plain.isascii() and b"\x1b" not in plain:
        return plain.decode("ascii")
    codecs = [dictionary.character_sets().codecs.get(term or "ISO_IR 6") for term in terms]
    try:
        return "".join(_decoded(part, codecs) for part in re.findall(rb"^[^\x1b]+|\x1b[^\x1b]*", plain))
    except (LookupError, ValueError):
        return None


def _decoded(part: bytes, codecs: list[str | None]) -> str:
    codec: str | None = codecs[0]
    known, default = dictionary.character_sets(), dictionary.character_sets().codecs["ISO_IR 6"]
    if part.startswith(b"\x1b"):
        length = 4 if part.startswith((b"\x1b$(", b"\x1b$)")) else 3
        codec = known.escapes.get(part[:length])
        if codec not in codecs and codec != default:
            raise LookupError
        if codec not in known.stateful:
            part = part[length:]
    if codec is None or (codec == default and not part.isascii()):
        raise LookupError
    return part.decode(codec)
