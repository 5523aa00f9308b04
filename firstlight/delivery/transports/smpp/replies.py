"""A person's text message as SMPP brings it, in the alphabets of SMPP 3.4, 5.2.19."""

from functools import cache

from firstlight.delivery.rules.counting import gsm7_bytes
from firstlight.delivery.rules.messages import Reply
from firstlight.delivery.transports.smpp.composing import HAS_HEADER
from firstlight.delivery.transports.smpp.pdu import Incoming

_CODECS = {
    0x01: "ascii",
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859_5",
    0x07: "iso8859_8",
    0x08: "utf-16-be",
    0x0A: "iso2022_jp",
    0x0E: "cp949",
}
_HAS_CLASS = frozenset({0x10, 0xF0})  # 3GPP TS 23.038 4: the upper half says that a message class is told,
_ALPHABET = 0x0C  # and these bits then say the alphabet
_ESCAPE = 0x1B
_LAST_LETTER = 0x2100  # no letter of the GSM alphabet lies beyond


def read_reply(incoming: Incoming) -> Reply:
    """What a person wrote, with � for what cannot be read. A reply in several parts comes as several replies."""
    content = incoming.content
    if incoming.esm_class & HAS_HEADER and content:
        content = content[1 + content[0] :]
    text = _decoded(content, incoming.data_coding).replace("\0", "")
    return Reply(sender=incoming.source, text=text, to=incoming.destination)


def _decoded(content: bytes, data_coding: int) -> str:
    coding = data_coding & _ALPHABET if data_coding & 0xF0 in _HAS_CLASS else data_coding
    return _gsm7(content) if coding == 0 else content.decode(_CODECS.get(coding, "latin-1"), "replace")


def _gsm7(content: bytes) -> str:
    letters, text, at = _gsm7_letters(), "", 0
    while at < len(content):
        width = 2 if content[at] == _ESCAPE else 1
        text += letters.get(content[at : at + width], "\ufffd")
        at += width
    return text


@cache
def _gsm7_letters() -> dict[bytes, str]:
    """The alphabet as it is written, turned round."""
    letters = {}
    for char in map(chr, range(_LAST_LETTER)):
        try:
            letters[gsm7_bytes(char)] = char
        except ValueError:
            continue
    return letters
