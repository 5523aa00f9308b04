"""Instances put straight into the depository, whatever intake would say of them: for tests of reading."""

import gzip
from datetime import UTC, datetime

import numpy as np
import orjson
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    SecondaryCaptureImageStorage,
)

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.frames import locate_frames
from firstlight.imaging import store
from firstlight.imaging.models import Instance, Series, Study
from firstlight.imaging.ready import series_json, study_json
from firstlight.imaging.rules.arrivals import describe, in_reading_order
from tests.phantoms import as_bytes

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def made(sop_class: str, number: int, *, study: int = 1, series: int = 1, **values: object) -> FileDataset:
    """A de-identified instance of that class."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = sop_class, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = f"2.25.{study}.{series}.{number}"
    dataset = FileDataset("", {}, preamble=b"\0" * 128, file_meta=meta)
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"2.25.{study}", f"2.25.{study}.{series}"
    dataset.StudyDate, dataset.StudyTime, dataset.PatientID = "20200120", "093000", f"FL-{study:04d}"
    dataset.PatientName, dataset.PatientSex, dataset.PatientAge = dataset.PatientID, "F", "050Y"
    dataset.SeriesNumber, dataset.InstanceNumber = series, number
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


def image(pixels: np.ndarray, number: int = 1, *, frames: int = 1, **values: object) -> FileDataset:
    """An image of these stored values: (rows, columns), (rows, columns, 3), or with the frames before."""
    is_colour = pixels.shape[-1] == 3 and pixels.ndim > 2
    rows, columns = pixels.shape[-3:-1] if is_colour else pixels.shape[-2:]
    bits = pixels.dtype.itemsize * 8
    sop_class = SecondaryCaptureImageStorage if is_colour else CTImageStorage
    dataset = made(sop_class, number, **{"Modality": "OT" if is_colour else "CT", **values})
    dataset.Rows, dataset.Columns = rows, columns
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = (3, "RGB") if is_colour else (1, "MONOCHROME2")
    if is_colour:
        dataset.PlanarConfiguration = 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW" if bits == 16 else "OB"
    for name in ("PhotometricInterpretation", "BitsStored", "HighBit"):
        if name in values:
            setattr(dataset, name, values[name])
    return dataset


def presentation_state(of: Dataset, number: int = 1, **values: object) -> FileDataset:
    """A grayscale softcopy presentation state for one image."""
    picture, series = Dataset(), Dataset()
    picture.ReferencedSOPClassUID, picture.ReferencedSOPInstanceUID = of.SOPClassUID, of.SOPInstanceUID
    series.SeriesInstanceUID, series.ReferencedImageSequence = of.SeriesInstanceUID, Sequence([picture])
    state = made(GrayscaleSoftcopyPresentationStateStorage, number, series=9, Modality="PR", **values)
    state.ReferencedSeriesSequence = Sequence([series])
    return state


def items(**values: object) -> Dataset:
    """A sequence's item."""
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return item


def keep(*datasets: FileDataset, public: bool = True, at: datetime = LONG_AGO) -> list[Instance]:
    """Put instances into the store and the index, their series settled."""
    return [_keep(as_bytes(each), public=public, at=at) for each in datasets]


def _keep(content: bytes, *, public: bool, at: datetime) -> Instance:
    dataset = read_instance(content)
    arrival = describe(content, dataset, locate_frames(content) if "PixelData" in dataset else None, stripped=())
    study, _ = Study.objects.get_or_create(
        study_instance_uid=arrival.study["study_instance_uid"],
        defaults={**arrival.study, "received_at": at, "public_since": at if public else None},
    )
    series, _ = Series.objects.get_or_create(
        series_instance_uid=arrival.series["series_instance_uid"], defaults={**arrival.series, "study": study}
    )
    [name] = store.keep([content])
    instance = Instance.objects.create(series=series, stored_object=name, size=len(content), **arrival.instance)
    _settle(study, series, arrival.metadata)
    instance.refresh_from_db()
    return instance


def _settle(study: Study, series: Series, document: dict[str, object]) -> None:
    former = orjson.loads(gzip.decompress(store.read(series.metadata_object, room="metadata"))) \
        if series.metadata_object else []  # fmt: skip
    ordered = in_reading_order([*former, document])
    [series.metadata_object] = store.keep([gzip.compress(orjson.dumps(ordered), mtime=0)], room="metadata")
    for place, each in enumerate(ordered):
        Instance.objects.filter(sop_instance_uid=each["00080018"]["Value"][0]).update(stack_index=place)
    series.instance_count = len(ordered)
    series.ready = series_json(
        series_instance_uid=series.series_instance_uid, modality=series.modality, series_number=series.series_number,
        description=series.description, body_part_examined=series.body_part_examined, instances=len(ordered),
    )  # fmt: skip
    series.save()
    every = list(study.series.values_list("modality", "instance_count"))
    study.ready = study_json(
        study_instance_uid=study.study_instance_uid, patient_id=study.patient_id, patient_sex=study.patient_sex,
        study_on=study.study_on, study_time=study.study_time, description=study.description,
        modalities=[modality for modality, _ in every], series=len(every), instances=sum(count for _, count in every),
    )  # fmt: skip
    study.save()


def address(instance: Instance, more: str = "") -> str:
    """An instance's address, and what is below it."""
    series = instance.series
    above = f"/dicom-web/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
    return f"{above}/instances/{instance.sop_instance_uid}{more}"
