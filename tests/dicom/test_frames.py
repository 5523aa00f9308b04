import io
import struct

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from firstlight.dicom.frames import locate_frames
from firstlight.dicom.reading import Unreadable
from tests.phantoms import as_bytes, identified_ct

FRAMES = [b"\xff\xd8" + bytes([number]) * size + b"\xff\xd9" for number, size in ((1, 10), (2, 24), (3, 400), (4, 6))]


def found(data):
    return [
        b"".join(data[one.offset : one.offset + one.length] for one in frame) for frame in locate_frames(data).frames
    ]


def encapsulated(pixels, frames=4, **more):
    dataset = identified_ct(size=4)
    dataset.NumberOfFrames = frames
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset["PixelData"].VR = "OB"
    dataset.PixelData = pixels
    dataset["PixelData"].is_undefined_length = True
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return as_bytes(dataset)


def items(*values, table=b""):
    return b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<L", len(value)) + value for value in (table, *values))


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("fragments", [1, 2, 3])
def test_frames_of_several_fragments(table, fragments):
    data = encapsulated(encapsulate(FRAMES, fragments_per_frame=fragments, has_bot=table))
    assert found(data) == FRAMES


def test_frames_by_extended_offset_table():
    pixels, offsets, lengths = encapsulate_extended(FRAMES)
    assert found(encapsulated(pixels, ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths)) == FRAMES


def test_one_frame_takes_every_fragment():
    assert found(encapsulated(items(b"ab", b"cd", b"ef"), frames=1)) == [b"abcdef"]


@pytest.mark.parametrize(
    "pixels",
    [
        items(*FRAMES, table=struct.pack("<4L", 0, 7, 14, 21)),
        items(*FRAMES, table=struct.pack("<4L", 0, 22, 22, 54)),
        items(*FRAMES, table=struct.pack("<2L", 0, 22)),
        items(*FRAMES, b"more"),
    ],
)
def test_tables_that_lie_are_refused(pixels):
    with pytest.raises(Unreadable) as refused:
        locate_frames(encapsulated(pixels))
    assert refused.value.reason == "damaged"


def test_native_frames():
    dataset = identified_ct(size=4)
    frames = [bytes([number]) * 32 for number in range(3)]
    dataset.NumberOfFrames = 3
    dataset.PixelData = b"".join(frames)
    located = locate_frames(as_bytes(dataset))
    assert found(as_bytes(dataset)) == frames
    assert (located.rows, located.columns, len(located.frames)) == (4, 4, 3)


def test_bits_that_share_bytes_and_deflated_files_cannot_be_ranges():
    dataset = identified_ct(size=3, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=2, PixelData=b"\0" * 4)
    with pytest.raises(Unreadable) as refused:
        locate_frames(as_bytes(dataset))
    assert refused.value.reason == "frames-not-byte-aligned"
    with pytest.raises(Unreadable) as refused:
        locate_frames(as_bytes(identified_ct(transfer_syntax_uid=DeflatedExplicitVRLittleEndian)))
    assert refused.value.reason == "not-addressable"


def test_rle_round_trip():
    dataset = identified_ct(size=8)
    image = dataset.pixel_array
    dataset.compress(RLELossless)
    [frame] = found(as_bytes(dataset))
    assert frame == next(generate_frames(dataset.PixelData, number_of_frames=1))
    assert np.array_equal(dataset.pixel_array, image)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_difficult_file_gives_pydicoms_frames(shared_data):
    checked = 0
    for path in sorted((shared_data / "difficult_dicom").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        try:
            located = locate_frames(data)
        except Unreadable:
            continue
        dataset = dcmread(io.BytesIO(data))
        count = int(dataset.get("NumberOfFrames", 1) or 1)
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            table = "ExtendedOffsetTable" in dataset
            tables = (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths) if table else None
            wanted = [*generate_frames(dataset.PixelData, number_of_frames=count, extended_offsets=tables)]
        else:
            pixels = next(
                dataset[name].value
                for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
                if name in dataset
            )
            length = located.frames[0][0].length
            wanted = [pixels[at * length : (at + 1) * length] for at in range(count)]
        assert found(data) == wanted, path.name
        checked += 1
    assert checked > 100
