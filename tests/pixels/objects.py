"""Small DICOM objects around pictures, in every encoding that tests need."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import get_encoder
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from firstlight.dicom.reading import take_apart
from firstlight.dicom.structure import Instance

ROOT = "1.2.410.200010.98"
SYNTAXES = {
    "native": ExplicitVRLittleEndian, "big endian": ExplicitVRBigEndian, "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless, "JPEG 2000": JPEG2000Lossless,
}  # fmt: skip


def image(
    pixels: NDArray[Any],
    *,
    sop_class_uid: str = SecondaryCaptureImageStorage,
    syntax: str = ExplicitVRLittleEndian,
    photometric: str = "",
    frames: bool = False,
    **changes: Any,
) -> FileDataset:
    """An object around pixels of (frames,) rows, columns(, 3)."""
    colour = pixels.ndim - int(frames) == 3
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class_uid, f"{ROOT}.1.1.1"
    meta.TransferSyntaxUID = syntax
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class_uid, f"{ROOT}.1.1.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT}.1", f"{ROOT}.1.1"
    dataset.Modality, dataset.ImageType = "OT", ["ORIGINAL", "PRIMARY"]
    dataset.PatientName, dataset.PatientID = "Hong^Gildong", "19283746"
    shape = pixels.shape[int(frames) :]
    dataset.Rows, dataset.Columns = shape[:2]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = photometric or ("RGB" if colour else "MONOCHROME2")
    if colour:
        dataset.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    if frames:
        dataset.NumberOfFrames = len(pixels)
    dataset.update(_changed(changes))
    _put(dataset, pixels if frames else pixels[None], syntax)
    return dataset


def _changed(changes: dict[str, Any]) -> Dataset:
    dataset = Dataset()
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return dataset


def _put(dataset: FileDataset, frames: NDArray[Any], syntax: str) -> None:
    vr = "OB" if frames.dtype.itemsize == 1 and syntax != ExplicitVRBigEndian else "OW"
    if syntax in (ExplicitVRLittleEndian, ExplicitVRBigEndian):
        data = frames.astype(frames.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
        if syntax == ExplicitVRBigEndian and frames.dtype.itemsize == 1:
            data = np.frombuffer(data, "<u2").byteswap().tobytes()
        dataset.add_new(0x7FE00010, vr, data + b"\0" * (len(data) % 2))
        return
    coded = [_encoded(dataset, frame, syntax) for frame in frames]
    dataset.add_new(0x7FE00010, "OB", encapsulate(coded, has_bot=True))
    dataset["PixelData"].is_undefined_length = True


def _encoded(dataset: FileDataset, frame: NDArray[Any], syntax: str) -> bytes:
    if syntax == JPEGBaseline8Bit:
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(frame).save(file, "JPEG", quality=92)
        return file.getvalue()
    told: dict[str, Any] = {
        "rows": dataset.Rows, "columns": dataset.Columns, "number_of_frames": 1, "bits_stored": dataset.BitsStored,
        "samples_per_pixel": dataset.SamplesPerPixel, "bits_allocated": dataset.BitsAllocated,
        "pixel_representation": dataset.PixelRepresentation,
        "photometric_interpretation": dataset.PhotometricInterpretation,
    }  # fmt: skip
    if dataset.SamplesPerPixel > 1:
        told["planar_configuration"] = 0
    return bytes(get_encoder(syntax).encode(frame, **told))


def as_bytes(dataset: FileDataset) -> bytes:
    file = io.BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def instance_of(dataset: FileDataset) -> Instance:
    return take_apart(as_bytes(dataset))


def cine(frames: NDArray[Any], **changes: Any) -> FileDataset:
    """An ultrasound of several frames."""
    return image(frames, frames=True, sop_class_uid=UltrasoundMultiFrameImageStorage, Modality="US", **changes)


def with_icon(dataset: FileDataset) -> FileDataset:
    """The object with a thumbnail of its own."""
    icon = Dataset()
    icon.Rows = icon.Columns = 2
    icon.SamplesPerPixel, icon.PhotometricInterpretation = 1, "MONOCHROME2"
    icon.BitsAllocated = icon.BitsStored = 8
    icon.HighBit, icon.PixelRepresentation = 7, 0
    icon.add_new(0x7FE00010, "OB", b"\1\2\3\4")
    dataset.IconImageSequence = Sequence([icon])
    return dataset
