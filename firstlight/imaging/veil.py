"""Images shown to somebody who must not learn more than the pixels say: a series' metadata by allow-list.

What a viewer needs to draw, place and window an image stays; every other element goes, and so does every UID: the
names that replace them are made from a seed and the image's place, so that they lead nowhere in the depository.
"""

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

JSON = dict[str, Any]

# PS3.6: what is needed to draw, to place and to orient an image, also where enhanced objects keep it in sequences.
IMAGE_PIXEL = ("00280002", "00280004", "00280006", "00280008", "00280010", "00280011", "00280034", "00280100")
STORED_BITS = ("00280101", "00280102", "00280103", "00280106", "00280107", "00280120")
MODALITY_AND_WINDOW = ("00080060", "00281050", "00281051", "00281052", "00281053", "00281054", "00281056")
PLANE = ("00180050", "00180088", "00181164", "00185101", "00200020", "00200032", "00200037", "00201041", "00280030")
FUNCTIONAL_GROUPS = ("00209113", "00209116", "00289110", "00289132", "00289145", "52009229", "52009230")
KINDS = ("00080016", "00083002")
SHOWN = frozenset((*IMAGE_PIXEL, *STORED_BITS, *MODALITY_AND_WINDOW, *PLANE, *FUNCTIONAL_GROUPS, *KINDS))
STUDY, SERIES, SOP, NUMBER, FRAME_OF_REFERENCE = "0020000D", "0020000E", "00080018", "00200013", "00200052"


@dataclass(frozen=True)
class Veil:
    """The names under which the series of one veiled set are known; the seed is as public as the names are."""

    seed: str

    @property
    def root(self) -> str:
        """The UID that all names begin with (PS3.5 B.2: 2.25 and a number of 128 bits)."""
        return f"2.25.{_number(self.seed, 16)}"

    def series_uid(self, place: int) -> str:
        """The name of the series at that place, from 1."""
        return f"{self.root}.{place}"

    def instance_uid(self, place: int, stack_index: int) -> str:
        """The name of an image of that series, by its place in the stack from 0."""
        return f"{self.root}.{place}.{stack_index + 1}"

    def frame_of_reference_uid(self, uid: str) -> str:
        """A name that the series of one frame of reference share."""
        return f"{self.root}.0.{_number(f'{self.seed} {uid}', 5)}"

    def place_of_series(self, uid: str) -> int | None:
        """The place of the series of that name; None for a name that is none of these."""
        return _tail(uid, f"{self.root}.")

    def stack_index_of(self, uid: str, place: int) -> int | None:
        """The place in its stack of the image of that name."""
        number = _tail(uid, f"{self.series_uid(place)}.")
        return None if number is None else number - 1


def _number(text: str, size: int) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:size])


def _tail(uid: str, head: str) -> int | None:
    tail = uid.removeprefix(head)
    is_number = tail.isascii() and tail.isdigit() and not tail.startswith("0")
    return int(tail) if uid.startswith(head) and is_number else None


def veiled_series(documents: Iterable[JSON], *, veil: Veil, place: int) -> list[JSON]:
    """A series' DICOM JSON with what is shown alone, under other names, in the same order."""
    return [
        _sorted(
            {
                **shown(each),
                STUDY: _uid(veil.root),
                SERIES: _uid(veil.series_uid(place)),
                SOP: _uid(veil.instance_uid(place, index)),
                NUMBER: {"vr": "IS", "Value": [index + 1]},
                **_frame_of_reference(each, veil.frame_of_reference_uid),
            }
        )
        for index, each in enumerate(documents)
    ]


def shown(document: JSON) -> JSON:
    """The elements that the allow-list names, in sequences too; what lies elsewhere as bulk data goes."""
    return {
        tag: _element(element) for tag, element in document.items() if tag in SHOWN and "BulkDataURI" not in element
    }


def _element(element: JSON) -> JSON:
    if element["vr"] != "SQ":
        return element
    return {"vr": "SQ", "Value": [shown(item) for item in element.get("Value", [])]}


def _frame_of_reference(document: JSON, named: Callable[[str], str]) -> JSON:
    values = document.get(FRAME_OF_REFERENCE, {}).get("Value", [])
    return {FRAME_OF_REFERENCE: _uid(named(values[0]))} if values else {}


def _uid(value: str) -> JSON:
    return {"vr": "UI", "Value": [value]}


def _sorted(document: JSON) -> JSON:
    return dict(sorted(document.items()))


def packed_veiled_series(packed: bytes, *, veil: Veil, place: int) -> bytes:
    """The same for ready-made DICOM JSON as the depository keeps it."""
    documents = orjson.loads(gzip.decompress(packed))
    return gzip.compress(orjson.dumps(veiled_series(documents, veil=veil, place=place)), compresslevel=5, mtime=0)
