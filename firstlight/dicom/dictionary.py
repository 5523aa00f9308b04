"""The standard's registries, PS3.6 and PS3.5: which VR a tag has, which UIDs are its own, how text is encoded.

They come from pydicom, word for word, as `dictionary.json` and `keywords.json`: to import pydicom takes longer than to
de-identify a series (ADR 18). `python -m firstlight.dicom.dictionary` writes them again; a test compares them.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class CharacterSets(NamedTuple):
    """Python's names of codecs by defined term and by escape sequence; `stateful` codecs read escapes themselves."""

    codecs: dict[str, str]
    escapes: dict[bytes, str]
    stateful: frozenset[str]


@cache
def _tables() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("dictionary.json").read_text("utf-8")))


@cache
def _vrs() -> dict[int, str]:
    return {int(tag, 16): vr for vr, tags in _tables()["vrs"].items() for tag in tags.split()}


@cache
def _repeating() -> tuple[tuple[int, int, str, str], ...]:
    """Attributes of repeating groups: bits that count, what they are, VR and keyword."""
    return tuple(
        (int("".join("0" if digit == "x" else "f" for digit in tag), 16), int(tag.replace("x", "0"), 16), vr, keyword)
        for tag, (vr, keyword) in _tables()["repeating"].items()
    )


@cache
def _keywords() -> dict[int, str]:
    table = json.loads(Path(__file__).with_name("keywords.json").read_text("utf-8"))
    return {int(tag, 16): keyword for tag, keyword in table.items()}


def vr_of(tag: int) -> str:
    """The VR of a standard attribute as PS3.6 has it, such as "US or SS"; "" where it knows none."""
    return _vrs().get(tag) or next((vr for mask, bits, vr, _ in _repeating() if tag & mask == bits), "")


def keyword_of(tag: int) -> str:
    """The keyword of a standard attribute, "" where it has none."""
    found = _keywords().get(tag)
    return (
        found if found is not None else next((word for mask, bits, _, word in _repeating() if tag & mask == bits), "")
    )


@cache
def uids() -> frozenset[str]:
    """Every UID that the standard itself has given to something."""
    return frozenset(_tables()["uids"])


@cache
def transfer_syntaxes() -> dict[str, bool]:
    """Every transfer syntax, and whether its pixel data is encapsulated (PS3.5 A.4)."""
    return dict(_tables()["transfer_syntaxes"])


@cache
def character_sets() -> CharacterSets:
    """The character sets of PS3.3 C.12.1.1.2."""
    tables = _tables()["character_sets"]
    escapes = {escape.encode("latin-1"): codec for escape, codec in tables["escapes"].items()}
    return CharacterSets(tables["codecs"], escapes, frozenset(tables["stateful"]))


def of_pydicom() -> Iterator[tuple[str, Any]]:
    """The tables as the installed pydicom has them, by the names of their files."""
    from pydicom import charset
    from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
    from pydicom._uid_dict import UID_dictionary
    from pydicom.uid import AllTransferSyntaxes

    vrs: dict[str, list[str]] = {}
    for tag, entry in sorted(DicomDictionary.items()):
        vrs.setdefault(entry[0], []).append(f"{tag:08x}")
    yield (
        "dictionary.json",
        {
            "vrs": {vr: " ".join(tags) for vr, tags in sorted(vrs.items())},
            "repeating": {tag: [entry[0], entry[4]] for tag, entry in RepeatersDictionary.items()},
            "uids": sorted(UID_dictionary),
            "transfer_syntaxes": {str(uid): uid.is_encapsulated for uid in AllTransferSyntaxes},
            "character_sets": {
                "codecs": charset.python_encoding,
                "escapes": {escape.decode("latin-1"): codec for escape, codec in charset.CODES_TO_ENCODINGS.items()},
                "stateful": sorted(charset.handled_encodings),
            },
        },
    )
    yield "keywords.json", {f"{tag:08x}": entry[4] for tag, entry in sorted(DicomDictionary.items())}


if __name__ == "__main__":
    for name, table in of_pydicom():
        text = json.dumps(table, indent=0, ensure_ascii=True) + "\n"
        Path(__file__).with_name(name).write_text(text, "utf-8")
