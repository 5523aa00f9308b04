"""Blacking out: what lies in a region is one value, what lies outside decodes to what it was, in every encoding."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import JPEGBaseline8Bit, JPEGLSLossless

from firstlight.dicom.pixels import Region
from firstlight.dicom.reading import take_apart, text
from firstlight.dicom.structure import PIXEL_DATA, Instance
from firstlight.pixels.cover import MASKING, Uncoverable, cover, file_of
from firstlight.pixels.frames import Decoder, raw_frames
from firstlight.pixels.masks import cut
from tests.pixels.objects import SYNTAXES, as_bytes, image, instance_of, with_icon

BOX = Region(5, 3, 20, 7)


def noise(*shape: int, dtype: type = np.uint8, low: int = 3, high: int = 250) -> NDArray[Any]:
    return np.random.default_rng(7).integers(low, high, shape).astype(dtype)


def seen(instance: Instance, frame: int = 1) -> NDArray[Any]:
    values, _ = Decoder(instance).values(frame)
    return values


def check(before: Instance, region: Region, dark: Any, frame: int = 1) -> Instance:
    after = take_apart(file_of(cover(before, [region])))
    one, other = seen(before, frame), seen(after, frame)
    inside = np.zeros(one.shape[:2], bool)
    inside[region.top : region.top + region.height, region.left : region.left + region.width] = True
    assert np.array_equal(one[~inside], other[~inside])
    assert (other[inside] == dark).all()
    return after


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
def test_greys_are_covered_in_their_own_encoding(syntax: str) -> None:
    pixels = noise(40, 60)
    after = check(instance_of(image(pixels, syntax=syntax)), BOX, pixels.min())
    assert after.transfer_syntax_uid == (syntax if syntax != SYNTAXES["big endian"] else SYNTAXES["native"])


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_sixteen_bits_take_the_lowest_value_there_is(syntax: str, dtype: type) -> None:
    pixels = noise(40, 60, dtype=dtype, low=-900 if dtype is np.int16 else 100, high=3000)
    check(instance_of(image(pixels, syntax=syntax)), BOX, pixels.min())


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
def test_colours_are_covered_black(syntax: str) -> None:
    photometric = "YBR_RCT" if syntax == SYNTAXES["JPEG 2000"] else "RGB"
    check(instance_of(image(noise(40, 60, 3), syntax=syntax, photometric=photometric)), BOX, 0)


def test_monochrome1_is_covered_with_its_highest_value() -> None:
    pixels = noise(40, 60, dtype=np.uint16, high=4000)
    check(instance_of(image(pixels, photometric="MONOCHROME1", BitsStored=12, HighBit=11)), BOX, pixels.max())


def test_planes_of_colour_apart_are_covered_in_each() -> None:
    pixels = noise(40, 60, 3)
    dataset = image(pixels, PlanarConfiguration=1)
    dataset.PixelData = pixels.transpose(2, 0, 1).tobytes()
    check(instance_of(dataset), BOX, 0)


def test_a_palette_is_covered_with_its_darkest_entry() -> None:
    tables = {
        f"{colour}PaletteColorLookupTable{kind}": value
        for colour in ("Red", "Green", "Blue")
        for kind, value in (("Descriptor", [256, 0, 16]), ("Data", np.roll(np.arange(256), 17).astype("<u2").tobytes()))
    }
    check(instance_of(image(noise(40, 60), photometric="PALETTE COLOR", **tables)), BOX, 17)


def test_halved_colours_are_covered_in_pairs() -> None:
    dataset = image(np.zeros((40, 60, 3), np.uint8), photometric="YBR_FULL_422")
    dataset.PixelData = noise(40, 60, 2).tobytes()
    check(instance_of(dataset), Region(4, 3, 20, 7), 0)


def test_single_bits_are_covered() -> None:
    bits = noise(3, 10, 13, low=0, high=2)
    dataset = image(bits, frames=True, BitsAllocated=1, BitsStored=1, HighBit=0)
    packed = np.packbits(bits, axis=None, bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    after = cover(instance_of(dataset), [Region(2, 2, 5, 4, 2)])
    assert np.array_equal(seen(after, 1), bits[0]) and np.array_equal(seen(after, 3), bits[2])
    assert not seen(after, 2)[2:6, 2:7].any()
    assert np.array_equal(seen(after, 2)[6:], bits[1][6:])


@pytest.mark.parametrize("syntax", ["RLE", "JPEG-LS", "JPEG 2000"])
def test_frames_without_regions_keep_their_bytes(syntax: str) -> None:
    before = instance_of(image(noise(4, 40, 60), frames=True, syntax=SYNTAXES[syntax]))
    after = take_apart(file_of(cover(before, [BOX._replace(frame=3)])))
    same = [bytes(one) == bytes(other) for one, other in zip(raw_frames(before), raw_frames(after), strict=True)]
    assert same == [True, True, False, True]


def test_lossy_data_becomes_lossless_as_a_whole_and_goes_on_saying_so() -> None:
    pixels = np.kron(noise(2, 5, 8), np.ones((1, 8, 8), np.uint8))
    before = instance_of(image(pixels, frames=True, syntax=JPEGBaseline8Bit))
    after = check(before, BOX._replace(frame=2), seen(before, 2).min(), frame=2)
    assert np.array_equal(seen(before, 1), seen(after, 1))
    assert after.transfer_syntax_uid == JPEGLSLossless
    assert text(after.elements, 0x00282110) == "01"
    assert text(after.elements, 0x00282114) == "ISO_10918_1"
    assert float(text(after.elements, 0x00282112)) > 0


def test_an_overlay_in_unused_bits_goes_with_its_group() -> None:
    pixels = noise(40, 60, dtype=np.uint16, high=4000)
    dataset = image(pixels | 0x1000, BitsStored=12, HighBit=11)
    dataset.add_new(0x60000010, "US", 40)
    dataset.add_new(0x60000102, "US", 12)
    after = cover(instance_of(dataset), [])
    assert not any(tag >> 24 == 0x60 for tag in after.elements)
    assert np.array_equal(np.frombuffer(after.elements[PIXEL_DATA].value, "<u2").reshape(40, 60), pixels)


def test_the_header_tells() -> None:
    after = cover(instance_of(with_icon(image(noise(40, 60), ImageType=["ORIGINAL", "SECONDARY", "X"]))), [BOX])
    again = cover(after, [BOX])
    for each in (after, again):
        assert text(each.elements, 0x00080008) == "DERIVED\\SECONDARY\\X"
        assert text(each.elements, 0x00280301) == "NO"
        assert text(each.elements, 0x00082111) == "Text in the pixels was blacked out"
        codes = each.elements[0x00089215].items
        assert codes is not None and [text(code, 0x00080100) for code in codes] == [MASKING[0]]
        assert 0x00880200 not in each.elements


def test_what_has_no_pixels_is_not_coverable() -> None:
    dataset = image(noise(40, 60))
    del dataset.PixelData
    with pytest.raises(Uncoverable):
        cover(instance_of(dataset), [BOX])


@pytest.mark.interop
@pytest.mark.parametrize("syntax", [*SYNTAXES.values(), JPEGBaseline8Bit], ids=[*SYNTAXES, "JPEG"])
def test_a_validator_finds_no_new_error(program: Callable[[str], str], tmp_path: Path, syntax: str) -> None:
    dataset = image(noise(40, 60), syntax=syntax, ConversionType="WSD")
    before, after = as_bytes(dataset), file_of(cover(instance_of(dataset), [BOX]))
    assert errors(program("dciodvfy"), after, tmp_path) <= errors(program("dciodvfy"), before, tmp_path)


def errors(validator: str, content: bytes, folder: Path) -> set[str]:
    path = folder / "one.dcm"
    path.write_bytes(content)
    told = subprocess.run([validator, path], capture_output=True, check=False)
    return {line for line in told.stderr.decode("latin-1").splitlines() if line.startswith("Error")}


whole = st.integers(-20, 80)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(whole, whole, st.integers(1, 90), st.integers(1, 90)), max_size=5), st.integers(0, 1))
def test_any_regions_change_what_they_hold_and_nothing_else(
    boxes: list[tuple[int, int, int, int]], colour: int
) -> None:
    dataset: FileDataset = image(noise(30, 50, *[3] * colour))
    before = instance_of(dataset)
    after = cover(before, [Region(*box) for box in boxes])
    inside = np.zeros((30, 50), bool)
    for left, top, width, height in boxes:
        inside[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
    one, other = seen(before), seen(after)
    assert np.array_equal(one[~inside], other[~inside])
    assert len(np.unique(other[inside].reshape(-1, 1 + 2 * colour), axis=0)) == int(inside.any())


@given(whole, whole, st.integers(1, 90), st.integers(1, 90))
def test_a_cut_region_is_what_both_share(left: int, top: int, width: int, height: int) -> None:
    found = cut(Region(left, top, width, height), 30, 50)
    shared = {
        (row, column)
        for row in range(max(top, 0), min(top + height, 30))
        for column in range(max(left, 0), min(left + width, 50))
    }
    assert (found is None) == (not shared)
    if found:
        assert len(shared) == found.width * found.height and (found.top, found.left) == min(shared)
