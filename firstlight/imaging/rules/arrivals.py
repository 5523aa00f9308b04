"""What an instance says of itself, and how it is judged on arrival: no database, no disk, no clock."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from mmap import mmap
from typing import Any, TypeVar, cast

from pydicom import Dataset, FileDataset, dcmwrite

from firstlight.dicom.datasets import as_dataset
from firstlight.dicom.dicom_json import to_dicom_json
from firstlight.dicom.frames import FrameMap, frames_of
from firstlight.dicom.geometry import Slice, order_slices
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import Unreadable, pixel_element, take_apart
from firstlight.dicom.reading import text as text_of
from firstlight.dicom.scan import scan, strip
from firstlight.dicom.structure import Instance

LOOKED = frozenset({"clear", "covered", "confirmed"})
CLEAN_PIXELS = "113101"
UIDS = {"sop_class_uid": 0x00080016, "sop_instance_uid": 0x00080018}
STUB_BYTES = 2048  # more than DICOM JSON takes in line, so that pixels are named by their address
MOST_REWRITTEN_BYTES = 256 << 20
MOST_INFLATED_BYTES = 64 << 20
Look = Callable[[Instance], str]
Content = bytes | mmap
N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Held:
    """A file that is not accepted: the reason, the elements that gave it, and whether its bytes may be kept."""

    reason: str
    tags: tuple[str, ...] = ()
    may_be_kept: bool = False
    sop_class_uid: str = ""
    sop_instance_uid: str = ""


@dataclass(frozen=True)
class Arrival:
    """An instance that may be stored: its bytes, what the index shall know, and its DICOM JSON."""

    content: Content
    study: dict[str, Any]
    series: dict[str, Any]
    instance: dict[str, Any]
    metadata: dict[str, Any]
    stripped: tuple[str, ...] = field(default=())

    @property
    def uids(self) -> dict[str, Any]:
        """Which instance it is."""
        return {name: self.instance[name] for name in ("sop_class_uid", "sop_instance_uid")}


def judge(
    content: Content, *, profile: Profile, pixels: str = "not looked", look: Look | None = None
) -> Arrival | Held:
    """Decide what becomes of a file: unreadable, identified or doubtful files are held; the rest may be stored.

    Elements that the profile does not keep are removed on the way, and named in `stripped`. `pixels` is what its
    receipt says of text in them: where somebody has looked, and `look` finds nothing more, they are in doubt no more.
    The file is parsed once for all of that.
    """
    try:
        instance = take_apart(content, most_inflated=MOST_INFLATED_BYTES)
    except Unreadable as error:
        return Held(error.reason, may_be_kept=False)
    dataset = as_dataset(without_pixels(instance))
    found = scan(dataset, profile=profile)
    uids: dict[str, Any] = {name: text_of(instance.elements, tag) for name, tag in UIDS.items()}
    if not found.claims_deidentified:
        return Held("not-deidentified", **uids)
    in_doubt = "doubtful-pixels" in found.doubts and not _is_looked_at(instance, dataset, pixels, look)
    doubts = tuple(doubt for doubt in found.doubts if doubt != "doubtful-pixels" or in_doubt)
    if doubts:
        return Held(doubts[0], doubts, may_be_kept=True, **uids)
    try:
        if found.strip:
            content = without(as_dataset(instance), found.strip, profile=profile)
            instance = take_apart(content)
            dataset = as_dataset(without_pixels(instance))
        frame_map = frames_of(instance) if pixel_element(instance) else None
    except Unreadable as error:
        return Held(error.reason, may_be_kept=True, **uids)
    return describe(content, dataset, frame_map, stripped=tuple(f"{tag:08X}" for tag in found.strip))


def without_pixels(instance: Instance) -> Instance:
    """The instance with its pixels told of and not held: nothing here looks at them, and they may be a gigabyte."""
    pixels = pixel_element(instance)
    if pixels is None or len(pixels.value) <= STUB_BYTES:
        return instance
    stub = pixels._replace(value=b"\0" * STUB_BYTES, encapsulated=False)
    return replace(instance, elements={**instance.elements, pixels.tag: stub})


def _is_looked_at(instance: Instance, dataset: Dataset, pixels: str, look: Look | None) -> bool:
    """Whether somebody looked at the pixels, by receipt or by code 113101, and the server's own look agrees.

    What a person has confirmed is not looked at again.
    """
    codes = dataset.get("DeidentificationMethodCodeSequence") or ()
    claims = pixels in LOOKED or any(code.get("CodeValue") == CLEAN_PIXELS for code in codes)
    return claims and (pixels == "confirmed" or (look(instance) == "clear" if look else pixels in LOOKED))


def judge_under_receipt(
    content: Content,
    *,
    profile: Profile,
    pixels: str,
    study_instance_uid: str,
    sop_instance_uid: str,
    look: Look | None = None,
) -> Arrival | Held:
    """Judge a file by what its receipt promises: anything more that is found, and it is held for a person."""
    judged = judge(content, profile=profile, pixels=pixels, look=look)
    if isinstance(judged, Held):
        return replace(judged, reason="scan-differs") if judged.tags else judged
    if judged.stripped:
        return Held("scan-differs", judged.stripped, may_be_kept=True, **judged.uids)
    if (judged.study["study_instance_uid"], judged.uids["sop_instance_uid"]) != (study_instance_uid, sop_instance_uid):
        return Held("receipt-differs", may_be_kept=True, **judged.uids)
    return judged


def without(dataset: FileDataset, tags: Collection[int], *, profile: Profile) -> bytes:
    """The file without what the profile does not keep in these elements; raises Unreadable if it cannot be written."""
    pixels = dataset.get_item("PixelData")
    if pixels is not None and len(pixels.value or b"") > MOST_REWRITTEN_BYTES:
        raise Unreadable("too-large")
    strip(dataset, tags, profile=profile)
    file = BytesIO()
    try:
        dcmwrite(file, dataset, enforce_file_format=True)
    except Exception:  # noqa: BLE001
        # pydicom's own message may quote a value: only the reason may leave.
        raise Unreadable("damaged") from None
    return file.getvalue()


def describe(
    content: Content, dataset: FileDataset, frame_map: FrameMap | None, *, stripped: tuple[str, ...]
) -> Arrival:
    """What the index keeps of an instance: its DICOM JSON, and from that its columns."""
    study, series, sop = (str(dataset[tag].value) for tag in (0x0020000D, 0x0020000E, 0x00080018))
    address = f"/dicom-web/studies/{study}/series/{series}/instances/{sop}/bulkdata"
    document = to_dicom_json(dataset, bulk_data_uri=address)
    return Arrival(
        content=content,
        study={
            "study_instance_uid": study,
            "patient_id": text(document, "00100020"),
            "patient_sex": text(document, "00100040"),
            "patient_age": text(document, "00101010"),
            "study_on": day(text(document, "00080020")),
            "study_time": text(document, "00080030"),
            "description": text(document, "00081030"),
        },
        series={
            "series_instance_uid": series,
            "modality": text(document, "00080060"),
            "series_number": number(document, "00200011", int),
            "description": text(document, "0008103E"),
            "body_part_examined": text(document, "00180015"),
            "slice_thickness_mm": number(document, "00180050", float),
        },
        instance={
            "sop_instance_uid": sop,
            "sop_class_uid": text(document, "00080016"),
            "transfer_syntax_uid": text(document, "00083002"),
            "instance_number": number(document, "00200013", int),
            "rows": number(document, "00280010", int),
            "columns": number(document, "00280011", int),
            "frame_count": len(frame_map.frames) if frame_map else 0,
            "frames": ranges_of(frame_map) if frame_map else [],
            "frames_transfer_syntax_uid": str(frame_map.transfer_syntax_uid) if frame_map else "",
        },
        metadata=document,
        stripped=stripped,
    )


def ranges_of(frame_map: FrameMap) -> list[list[list[int]]]:
    """The frame map as plain lists, for JSON."""
    return [[[each.offset, each.length] for each in frame] for frame in frame_map.frames]


def text(document: dict[str, Any], tag: str) -> str:
    """An element's first value as text, empty when absent."""
    value = _first(document, tag)
    return "" if value is None else str(value).strip()


def number(document: dict[str, Any], tag: str, kind: Callable[[Any], N]) -> N | None:
    """An element's first value as a number, None when absent, none, or beyond what an IS may hold (PS3.5 6.2)."""
    try:
        value = kind(_first(document, tag))
    except (TypeError, ValueError, OverflowError):
        return None
    return value if abs(value) < 1 << 31 else None


def day(value: str) -> date | None:
    """A DICOM date (PS3.5 6.2 DA) as a date, None when it is none."""
    try:
        return date.fromisoformat(value) if re.fullmatch("[0-9]{8}", value) else None
    except ValueError:
        return None


def in_reading_order(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A series' DICOM JSON in the order a radiologist scrolls: by position along the normal, never by file."""
    listed = list(documents)
    slices = [
        Slice(
            item=place,
            orientation=_numbers(each, "00200037"),
            position=_numbers(each, "00200032"),
            instance_number=_first(each, "00200013"),
            sop_instance_uid=_first(each, "00080018"),
            localizer="LOCALIZER" in each.get("00080008", {}).get("Value", []),
        )
        for place, each in enumerate(listed)
    ]
    return [listed[cast(int, each.item)] for each in order_slices(slices)]


def _first(document: dict[str, Any], tag: str) -> Any:
    return next(iter(document.get(tag, {}).get("Value", [])), None)


def _numbers(document: dict[str, Any], tag: str) -> list[float] | None:
    values = document.get(tag, {}).get("Value", [])
    if not values or not all(isinstance(each, int | float) for each in values):
        return None
    return [float(each) for each in values]
