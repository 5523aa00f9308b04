"""The images of a case as DICOM media: files in folders with their DICOMDIR (PS3.10 8, PS3.3 F)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom import Dataset, dcmread
from pydicom.fileset import FileSet

from firstlight.imaging import store
from firstlight.imaging.models import Instance
from firstlight.imaging.rendering import readable

_HEADER_UNTIL = 0x7FE00008


@dataclass(frozen=True)
class Media:
    """Where each image lies in the package, by SOP Instance UID, and the directory of them all."""

    places: dict[str, str]
    directory: bytes


def media_of(instances: Sequence[Instance]) -> Media:
    """The file-set of these images; made once and kept, since it reads every header."""
    name = "media " + " ".join(each.stored_object for each in instances)
    packed = store.remembered(name, lambda: _packed(_made(instances)))
    head, _line, directory = packed.partition(b"\n")
    return Media(json.loads(head), directory)


def _packed(media: Media) -> bytes:
    return json.dumps(media.places).encode() + b"\n" + media.directory


def _made(instances: Sequence[Instance]) -> Media:
    """Directory and places, from headers alone: the directory says nothing of pixels."""
    files = FileSet()
    for each in instances:
        files.add(header_of(each))
    with TemporaryDirectory() as folder:
        files.write(Path(folder))
        directory = (Path(folder) / "DICOMDIR").read_bytes()
        places = {str(each.SOPInstanceUID): Path(str(each.FileID)).as_posix() for each in files}
    # pydicom leaves its staging folder to the garbage collector.
    files._stage["t"].cleanup()
    return Media(places, directory)


def header_of(instance: Instance) -> Dataset:
    """An image's header, with what the directory asks of every patient and study in place (PS3.3 F.5)."""
    header = dcmread(readable(store.source(instance.stored_object)), stop_before_pixels=True)
    for keyword, instead in (("PatientID", "UNKNOWN"), ("StudyDate", "19000101"), ("StudyTime", "000000")):
        if not header.get(keyword):
            setattr(header, keyword, instead)
    for keyword, number in (("StudyID", "1"), ("SeriesNumber", 0), ("InstanceNumber", instance.stack_index + 1)):
        if header.get(keyword) in (None, ""):
            setattr(header, keyword, number)
    if "PatientName" not in header:
        header.PatientName = ""
    return header


def written(dataset: Dataset) -> bytes:
    """A dataset as a DICOM file."""
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
