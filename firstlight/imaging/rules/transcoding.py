"""Whole instances in another transfer syntax: decoded, and encoded again without loss."""

from collections.abc import Iterator
from io import BytesIO

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import UID, ExplicitVRBigEndian

from firstlight.imaging.rules.encodings import EXPLICIT_LITTLE, LOSSY, NotEncodable, can_encode, encoded

MOST_BYTES = 256 << 20  # of decoded pixels; a larger instance is had as it is stored


class TooLarge(NotEncodable):
    """The decoded pixels would not fit in the memory that one request may have."""


def can_transcode(transfer_syntax_uid: str) -> bool:
    """Whether instances can be had in that transfer syntax: those that lose nothing."""
    return transfer_syntax_uid == EXPLICIT_LITTLE or (
        can_encode(transfer_syntax_uid) and transfer_syntax_uid not in LOSSY
    )


def transcoded(content: bytes, transfer_syntax_uid: str) -> bytes:
    """The same instance in another transfer syntax; one without pixels comes in Explicit VR Little Endian.

    Raises:
        NotEncodable: when the pixels cannot be decoded, are too many, or do not fit that encoding.
    """
    try:
        dataset = dcmread(BytesIO(content))
        _make_plain(dataset)
        if transfer_syntax_uid != EXPLICIT_LITTLE and "PixelData" in dataset:
            _encode(dataset, transfer_syntax_uid)
        file = BytesIO()
        dcmwrite(file, dataset, enforce_file_format=True)
        return file.getvalue()
    except NotEncodable:
        raise
    except Exception as error:
        # Every codec fails in its own way, and some name values: one safe sentence for all of them.
        raise NotEncodable("This instance cannot be put into that encoding.") from error


def _make_plain(dataset: Dataset) -> None:
    """Explicit VR Little Endian, in place."""
    if _decoded_bytes(dataset) > MOST_BYTES:
        raise TooLarge("This instance is too large to be decoded here; take it as it is stored.")
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == ExplicitVRBigEndian:
        raise NotEncodable("Big endian is not turned round here.")
    if syntax.is_compressed and "PixelData" in dataset:
        dataset.decompress(generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)


def _decoded_bytes(dataset: Dataset) -> int:
    sizes = (dataset.get(name) or 1 for name in ("Rows", "Columns", "SamplesPerPixel", "NumberOfFrames"))
    product = int(dataset.get("BitsAllocated") or 8) // 8 or 1
    for each in sizes:
        product *= int(each)
    return product if "PixelData" in dataset else 0


def _encode(dataset: Dataset, transfer_syntax_uid: str) -> None:
    if dataset.BitsAllocated not in (8, 16):
        raise NotEncodable("Only samples of one or two bytes are encoded.")
    dataset.PixelData = encapsulate(list(_frames(dataset, transfer_syntax_uid)))
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    if dataset.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = 0


def _frames(dataset: Dataset, transfer_syntax_uid: str) -> Iterator[bytes]:
    for pixels in iter_pixels(dataset, raw=True):
        yield encoded(pixels, transfer_syntax_uid, bits_stored=int(dataset.BitsStored))
