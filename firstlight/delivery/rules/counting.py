"""What a text message costs at the carrier, and which of its characters cannot travel.

Abroad: 3GPP TS 23.038 6.2.1 (GSM 7 bit) and 6.2.3 (UCS2), TS 23.040 9.2.3.24.1 (concatenation). In Korea: bytes of
CP949, the extension of KS X 1001 to every modern syllable.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Plan(StrEnum):
    """How a carrier reckons."""

    INTERNATIONAL = "international"  # segments of GSM 7 bit or UCS-2
    KOREAN = "korean"  # one SMS or one LMS


class Scheme(StrEnum):
    """What a text is sent as."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    SMS = "sms"
    LMS = "lms"
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class Character:
    """A character of a text as a page can name it; `shown` is empty where nothing can be shown."""

    code_point: str
    name: str
    shown: str


@dataclass(frozen=True, slots=True)
class Count:
    """The cost of a text: `units` are septets, UTF-16 code units or bytes of what can be sent.

    `limit` is what the charged `parts` hold, `left` the room in the last of them, negative when the text is too long.
    `unsendable` characters must go before the text can be sent; `risky` ones may arrive wrong on an old handset.
    """

    scheme: Scheme
    units: int
    limit: int
    parts: int
    left: int
    unsendable: tuple[Character, ...] = ()
    risky: tuple[Character, ...] = ()

    @property
    def is_sendable(self) -> bool:
        """Whether the carrier takes the text as it stands."""
        return not self.unsendable and self.scheme != Scheme.TOO_LONG


_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40}
_EXTENSION["€"] = 0x65
_ESCAPE = 0x1B
_GSM7 = {char: bytes([code]) for code, char in enumerate(_BASIC) if code != _ESCAPE} | {
    char: bytes([_ESCAPE, code]) for char, code in _EXTENSION.items()
}

_ALONE = {Scheme.GSM7: 160, Scheme.UCS2: 70}
_JOINED = {Scheme.GSM7: 153, Scheme.UCS2: 67}  # six of 140 bytes say which part of which message this is
_MOST_PARTS = 255  # the part's number is one byte

_SMS_BYTES = 90
_LMS_BYTES = 2000
_SUBJECT_BYTES = 40


def count(text: str, *, plan: Plan) -> Count:
    """What a text costs, as it stands: `fill` its placeholders and `tidy` it first."""
    return _count_korean(text) if plan == Plan.KOREAN else _count_international(text)


def count_subject(text: str) -> Count:
    """Whether the subject of a Korean LMS fits; it is one line."""
    kept, unsendable = _sift(text, lambda char: _is_control(char, allowed="") or not _cp949(char))
    units = len(_cp949(kept))
    scheme = Scheme.LMS if units <= _SUBJECT_BYTES else Scheme.TOO_LONG
    return Count(scheme, units, _SUBJECT_BYTES, 0, _SUBJECT_BYTES - units, unsendable, _rare_syllables(kept))


def segments(text: str) -> tuple[str, ...]:
    """The parts an international carrier sends a text in: no escape pair and no surrogate pair is split."""
    scheme = _international_scheme(text)
    if _units(text, scheme) <= _ALONE[scheme]:
        return (text,) if text else ()
    return _cut(text, scheme)


def gsm7_bytes(text: str) -> bytes:
    """A text in the GSM alphabet, a septet a byte as SMPP carries it; raises ValueError for any other text."""
    if _international_scheme(text) != Scheme.GSM7:
        raise ValueError("The text holds characters outside the GSM alphabet")
    return b"".join(_GSM7[char] for char in text)


def _count_international(text: str) -> Count:
    kept, unsendable = _sift(text, lambda char: _is_control(char, allowed="\n\r\f"))
    scheme, parts = _international_scheme(kept), segments(kept)
    room = _ALONE[scheme] if len(parts) <= 1 else _JOINED[scheme]
    units, risky = _units(kept, scheme), _named(kept, _is_private)
    if len(parts) > _MOST_PARTS:
        limit = room * _MOST_PARTS
        return Count(Scheme.TOO_LONG, units, limit, 0, limit - units, unsendable, risky)
    left = room - _units(parts[-1] if parts else "", scheme)
    return Count(scheme, units, room * max(1, len(parts)), len(parts), left, unsendable, risky)


def _count_korean(text: str) -> Count:
    kept, unsendable = _sift(text, lambda char: _is_control(char, allowed="\n\r") or not _cp949(char))
    units = len(_cp949(kept))
    scheme = Scheme.SMS if units <= _SMS_BYTES else Scheme.LMS if units <= _LMS_BYTES else Scheme.TOO_LONG
    limit = _SMS_BYTES if scheme == Scheme.SMS else _LMS_BYTES
    parts = 1 if units and scheme != Scheme.TOO_LONG else 0
    return Count(scheme, units, limit, parts, limit - units, unsendable, _rare_syllables(kept))


def _international_scheme(text: str) -> Scheme:
    return Scheme.GSM7 if all(char in _GSM7 for char in text) else Scheme.UCS2


def _cost(char: str, scheme: Scheme) -> int:
    if scheme == Scheme.GSM7:
        return len(_GSM7[char])
    return 2 if char > "\uffff" else 1


def _units(text: str, scheme: Scheme) -> int:
    return sum(_cost(char, scheme) for char in text)


def _cut(text: str, scheme: Scheme) -> tuple[str, ...]:
    begins, used = [0], 0
    for index, char in enumerate(text):
        cost = _cost(char, scheme)
        if used + cost > _JOINED[scheme]:
            begins.append(index)
            used = 0
        used += cost
    return tuple(text[begin:end] for begin, end in zip(begins, [*begins[1:], len(text)], strict=True))


def _sift(text: str, is_unsendable: Callable[[str], bool]) -> tuple[str, tuple[Character, ...]]:
    unsendable = {char for char in set(text) if is_unsendable(char)}
    kept = "".join(char for char in text if char not in unsendable)
    return kept, _named(text, unsendable.__contains__)


def _named(text: str, is_meant: Callable[[str], bool]) -> tuple[Character, ...]:
    return tuple(_character(char) for char in dict.fromkeys(text) if is_meant(char))


_LABELS = {"Cc": "control", "Cs": "surrogate", "Co": "private-use", "Cn": "unassigned"}


def _character(char: str) -> Character:
    """Named by Unicode, else by its kind and number in the manner of the Unicode Standard 4.8."""
    digits = f"{ord(char):04X}"
    name = unicodedata.name(char, "") or f"{_LABELS.get(unicodedata.category(char), 'character')}-{digits}"
    return Character(code_point=f"U+{digits}", name=name, shown=char if char.isprintable() else "")


def _is_control(char: str, *, allowed: str) -> bool:
    """Whether no carrier takes the character: a control character, or half a surrogate pair."""
    return unicodedata.category(char) in {"Cc", "Cs"} and char not in allowed


def _is_private(char: str) -> bool:
    return unicodedata.category(char) in {"Co", "Cn"}


def _cp949(text: str) -> bytes:
    """The text in CP949, empty when it cannot be written in it."""
    try:
        return text.encode("cp949")
    except UnicodeEncodeError:
        return b""


def _rare_syllables(text: str) -> tuple[Character, ...]:
    """Syllables outside KS X 1001: in CP949 they have a byte below the standard's first row or column."""
    return _named(text, lambda char: char > "\x7f" and min(_cp949(char)) < 0xA1)


# What word processors and PDF files put in, and what says the same in both the GSM alphabet and CP949.
_PLAIN = (
    dict.fromkeys("‘’‚‛", "'")
    | dict.fromkeys("“”„‟«»", '"')
    | dict.fromkeys("‐‑‒–−﹣", "-")
    | dict.fromkeys("\t\u00a0\u1680\u202f\u205f\u3000", " ")
    | {chr(code): " " for code in range(0x2000, 0x200B)}
    | dict.fromkeys("\u0085\u2028\u2029", "\n")
    | {"…": "...", "〜": "~", "₩": "￦", "µ": "μ"}
    | dict.fromkeys("•‧∙⋅・", "·")
    | {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
    # Soft hyphens, zero widths and directions (Korean and English run one way), and the wish for an emoji's look.
    | dict.fromkeys("\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff\ufe0e\ufe0f", "")
    | {chr(code): "" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
)
_PLAIN_TABLE = str.maketrans(_PLAIN)
_DASH_BETWEEN_WORDS = re.compile(r"(?<=[^\s—―])[—―]+(?=[^\s—―])")
_DASH = re.compile(r"[—―]+")


def tidy(text: str) -> str:
    """The same words in the plainest characters: composed hangul, straight quotes and dashes, nothing invisible."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_PLAIN_TABLE)
    plain = _DASH.sub("-", _DASH_BETWEEN_WORDS.sub(" - ", plain))
    return unicodedata.normalize("NFC", plain)


_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces that a text waits for, as in `{ack}`, each once, in order of appearance."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled: for counting with the longest values, for sending with a person's own.

    A placeholder without a value stays as it is, so that it is seen and not lost.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
