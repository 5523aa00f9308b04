"""What an instance says of itself, and how it is judged on arrival: no database, no disk, no clock."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from io import BytesIO
from typing import Any, TypeVar, cast

from pydicom import Dataset, FileDataset, dcmwrite

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.dicom_json import to_dicom_json
from firstlight.dicom.frames import FrameMap, locate_frames
from firstlight.dicom.geometry import Slice, order_slices
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import Unreadable
from firstlight.dicom.scan import scan, strip

LOOKED = frozenset({"clear", "covered", "confirmed"})
CLEAN_PIXELS = "113101"
Look = Callable[[bytes], str]
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

    content: bytes
    study: dict[str, Any]
    series: dict[str, Any]
    instance: dict[str, Any]
    metadata: dict[str, Any]
    stripped: tuple[str, ...] = field(default=())


def judge(content: bytes, *, profile: Profile, pixels: str = "not looked", look: Look | None = None) -> Arrival | Held:
    """Decide what becomes of a file: unreadable, identified or doubtful files are held; the rest may be stored.

    Elements that the profile does not keep are removed on the way, and named in `stripped`. `pixels` is what its
    receipt says of text in them: where somebody has looked, and `look` finds nothing more, they are in doubt no more.
    """
    try:
        dataset = read_instance(content)
    except Unreadable as error:
        return Held(error.reason, may_be_kept=False)
    found = scan(dataset, profile=profile)
    uids: dict[str, Any] = {"sop_class_uid": str(dataset.SOPClassUID), "sop_instance_uid": str(dataset.SOPInstanceUID)}
    if not found.claims_deidentified:
        return Held("not-deidentified", **uids)
    in_doubt = "doubtful-pixels" in found.doubts and not _is_looked_at(content, dataset, pixels, look)
    doubts = tuple(doubt for doubt in found.doubts if doubt != "doubtful-pixels" or in_doubt)
    if doubts:
        return Held(doubts[0], doubts, may_be_kept=True, **uids)
    try:
        if found.strip:
            content = without(dataset, found.strip, profile=profile)
            dataset = read_instance(content)
        frame_map = locate_frames(content) if "PixelData" in dataset else None
    except Unreadable as error:
        return Held(error.reason, may_be_kept=True, **uids)
    return describe(content, dataset, frame_map, stripped=tuple(f"{tag:08X}" for tag in found.strip))


def _is_looked_at(content: bytes, dataset: Dataset, pixels: str, look: Look | None) -> bool:
    """Whether somebody looked at the pixels, by receipt or by code 113101, and the server's own look agrees.

    What a person has confirmed is not looked at again.
    """
    codes = dataset.get("DeidentificationMethodCodeSequence") or ()
    claims = pixels in LOOKED or any(code.get("CodeValue") == CLEAN_PIXELS for code in codes)
    return claims and (pixels == "confirmed" or (look(content) == "clear" if look else pixels in LOOKED))


def judge_under_receipt(
    content: bytes,
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
    uids: dict[str, Any] = {name: judged.instance[name] for name in ("sop_class_uid", "sop_instance_uid")}
    if judged.stripped:
        return Held("scan-differs", judged.stripped, may_be_kept=True, **uids)
    if (judged.study["study_instance_uid"], uids["sop_instance_uid"]) != (study_instance_uid, sop_instance_uid):
        return Held("receipt-differs", may_be_kept=True, **uids)
    return judged


def without(dataset: FileDataset, tags: Collection[int], *, profile: Profile) -> bytes:
    """The file without what the profile does not keep in these elements; raises Unreadable if it cannot be written."""
    strip(dataset, tags, profile=profile)
    file = BytesIO()
    try:
        dcmwrite(file, dataset, enforce_file_format=True)
    except Exception:  # noqa: BLE001
        # pydicom's own message may quote a value: only the reason may leave.
        raise Unreadable("damaged") from None
    return file.getvalue()


def describe(content: bytes, dataset: FileDataset, frame_map: FrameMap | None, *, stripped: tuple[str, ...]) -> Arrival:
    """What the index keeps of an instance."""
    address = (
        f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        f"/instances/{dataset.SOPInstanceUID}/bulkdata"
    )
    return Arrival(
        content=content,
        study={
            "study_instance_uid": str(dataset.StudyInstanceUID),
            "patient_id": text(dataset, "PatientID"),
            "patient_sex": text(dataset, "PatientSex"),
            "patient_age": text(dataset, "PatientAge"),
            "study_on": day(text(dataset, "StudyDate")),
            "study_time": text(dataset, "StudyTime"),
            "description": text(dataset, "StudyDescription"),
        },
        series={
            "series_instance_uid": str(dataset.SeriesInstanceUID),
            "modality": text(dataset, "Modality"),
            "series_number": number(dataset, "SeriesNumber", int),
            "description": text(dataset, "SeriesDescription"),
            "body_part_examined": text(dataset, "BodyPartExamined"),
            "slice_thickness_mm": number(dataset, "SliceThickness", float),
        },
        instance={
            "sop_instance_uid": str(dataset.SOPInstanceUID),
            "sop_class_uid": str(dataset.SOPClassUID),
            "transfer_syntax_uid": str(dataset.file_meta.TransferSyntaxUID),
            "instance_number": number(dataset, "InstanceNumber", int),
            "rows": dataset.get("Rows"),
            "columns": dataset.get("Columns"),
            "frame_count": len(frame_map.frames) if frame_map else 0,
            "frames": ranges_of(frame_map) if frame_map else [],
            "frames_transfer_syntax_uid": str(frame_map.transfer_syntax_uid) if frame_map else "",
        },
        metadata=to_dicom_json(dataset, bulk_data_uri=address),
        stripped=stripped,
    )


def ranges_of(frame_map: FrameMap) -> list[list[list[int]]]:
    """The frame map as plain lists, for JSON."""
    return [[[each.offset, each.length] for each in frame] for frame in frame_map.frames]


def text(dataset: Dataset, keyword: str) -> str:
    """An element's first value as text, empty when absent."""
    value = dataset.get(keyword)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return str(value[0] if isinstance(value, list | tuple) or hasattr(value, "__getitem__") else value).strip()


def number(dataset: Dataset, keyword: str, kind: Callable[[Any], N]) -> N | None:
    """An element's value as a number, None when absent or none."""
    try:
        return kind(dataset.get(keyword))
    except (TypeError, ValueError):
        return None


def day(value: str) -> date | None:
    """A DICOM date (PS3.5 6.2 DA) as a date, None when it is none."""
    try:
        return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007 — a DA has no zone
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
