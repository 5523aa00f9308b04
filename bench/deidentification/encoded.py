"""Objects as files: transfer syntaxes, comments inside compressed streams, preamble, trailing bytes."""

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.utils import set_pixel_data
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

NATIVE = (ExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
GREY = (*NATIVE, ExplicitVRBigEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless)
COLOUR = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, JPEGBaseline8Bit, JPEGBaseline8Bit)
COMMENTED = {JPEGBaseline8Bit, JPEGLSLossless, JPEG2000Lossless}
Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.int16]


def put_pixels(dataset: FileDataset, pixels: Pixels, syntax: UID, comment: bytes, stored: int) -> None:
    """Frames (frame, row, column[, colour]) into an object, compressed as the transfer syntax asks."""
    frames = pixels if len(pixels) > 1 else pixels[0]
    if len(pixels) > 1:
        dataset.NumberOfFrames = len(pixels)
    colour = pixels.ndim == 4
    photometric = "RGB" if colour else dataset.get("PhotometricInterpretation", "MONOCHROME2")
    if syntax == JPEGBaseline8Bit:
        _baseline(dataset, pixels, comment)
        return
    native = syntax if not syntax.is_compressed or syntax == DeflatedExplicitVRLittleEndian else ExplicitVRLittleEndian
    dataset.file_meta.TransferSyntaxUID = native if native != ExplicitVRBigEndian else ExplicitVRLittleEndian
    set_pixel_data(dataset, frames, photometric, stored, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = native
    if native == ExplicitVRBigEndian:
        dataset.PixelData = _swapped(dataset)
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)
        _comment_streams(dataset, comment)


def _swapped(dataset: Dataset) -> bytes:
    if dataset.BitsAllocated == 8:
        return bytes(dataset.PixelData)
    return np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()


def _baseline(dataset: FileDataset, pixels: Pixels, comment: bytes) -> None:
    """8 bit, one stream a frame, the comment in the last one, as some ultrasound machines leave it."""
    streams = []
    for index, frame in enumerate(pixels):
        file = io.BytesIO()
        said = comment if index == len(pixels) - 1 else b""
        options: dict[str, Any] = {"comment": said} if said else {}
        Image.fromarray(frame).save(file, "JPEG", quality=92, subsampling=0, **options)
        streams.append(file.getvalue() + b"\0" * (len(file.getvalue()) % 2))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.SamplesPerPixel = 3 if pixels.ndim == 4 else 1
    dataset.PhotometricInterpretation = "YBR_FULL_422" if pixels.ndim == 4 else "MONOCHROME2"
    if pixels.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = pixels.shape[1:3]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = "10"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.PixelData = encapsulate(streams)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True


def _comment_streams(dataset: FileDataset, comment: bytes) -> None:
    """A comment segment in the last frame of JPEG-LS and JPEG 2000."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if not comment or syntax not in COMMENTED:
        return
    frames = list(generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1))))
    frames[-1] = _commented(frames[-1], comment, syntax == JPEG2000Lossless)
    padded = [frame + b"\0" * (len(frame) % 2) for frame in frames]
    dataset.PixelData = encapsulate(padded)


def _commented(stream: bytes, comment: bytes, jpeg2000: bool) -> bytes:
    if not jpeg2000:
        return stream[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + stream[2:]
    if stream[:4] != b"\xff\x4f\xff\x51":
        return stream
    end = 4 + struct.unpack(">H", stream[4:6])[0]
    return stream[:end] + b"\xff\x64" + struct.pack(">HH", len(comment) + 4, 1) + comment + stream[end:]


def file_bytes(dataset: FileDataset, *, trailing: bytes = b"") -> bytes:
    """The object as a Part 10 file, with bytes after its end when some are given."""
    file = io.BytesIO()
    big = dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    implicit = dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    dcmwrite(file, dataset, enforce_file_format=True, implicit_vr=implicit, little_endian=not big)
    return file.getvalue() + trailing
