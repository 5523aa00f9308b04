"""Which form of an answer is chosen, and that what was encoded anew is the same image."""

from contextlib import suppress
from io import BytesIO

import gdcm  # noqa: F401 — the decoder that JPEG Lossless needs
import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread, dcmwrite
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, ImplicitVRLittleEndian

from firstlight.imaging.dicomweb.frames import forms
from firstlight.imaging.dicomweb.multipart import parts_of
from firstlight.imaging.dicomweb.retrieve import syntax_of
from firstlight.imaging.rules import transcoding
from firstlight.imaging.rules.encodings import (
    ENCODERS,
    EXPLICIT_LITTLE,
    HTJ2K_LOSSLESS,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_LOSSLESS,
    JPEG_LS_LOSSLESS,
    LOSSY,
    MEDIA_TYPES,
    RLE,
    NotEncodable,
    encoded,
)
from firstlight.imaging.rules.media_types import Unreadable, Wish, wishes
from firstlight.imaging.rules.transcoding import transcoded
from tests.imaging.kept import address, image, keep
from tests.phantoms import as_bytes

LOSSLESS = [each for each in ENCODERS if each not in LOSSY]
OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", []),
        ("*/*", [Wish("*/*")]),
        ("image/jls;q=0.2, image/jphc", [Wish("image/jphc"), Wish("image/jls")]),
        ("image/png;q=0, image/gif", [Wish("image/gif")]),
        ('multipart/related; type="image/jls"; transfer-syntax=*', [Wish("image/jls", "*", True)]),
        ("multipart/related", [Wish("*/*", "", True)]),
        ('Multipart/Related;TYPE="Image/JLS" ;boundary="a,b;c"', [Wish("image/jls", "", True)]),
    ],
)
def test_wishes_are_read_best_first(accept: str, expected: list[Wish]) -> None:
    assert list(wishes(accept)) == expected


@pytest.mark.parametrize("accept", ["nonsense", "image/png;q=2", "image/png;q=much", "a" * 5000, "image/"])
def test_an_accept_that_is_none_is_told(accept: str) -> None:
    with pytest.raises(Unreadable):
        wishes(accept)


@given(st.text(max_size=200))
def test_no_accept_header_does_anything_else(accept: str) -> None:
    with suppress(Unreadable):
        assert all(isinstance(each, Wish) for each in wishes(accept))


@pytest.mark.parametrize(
    ("accept", "stored_as", "expected"),
    [
        ("*/*", JPEG_LS_LOSSLESS, JPEG_LS_LOSSLESS),
        (OCTETS, JPEG_LS_LOSSLESS, EXPLICIT_LITTLE),
        (f"{OCTETS}; transfer-syntax=*", JPEG_LS_LOSSLESS, JPEG_LS_LOSSLESS),
        (OCTETS, ImplicitVRLittleEndian, EXPLICIT_LITTLE),
        ("image/jls", JPEG_LS_LOSSLESS, JPEG_LS_LOSSLESS),
        ("image/jls", EXPLICIT_LITTLE, JPEG_LS_LOSSLESS),
        ("image/jphc", EXPLICIT_LITTLE, HTJ2K_LOSSLESS),
        ("image/jpeg", EXPLICIT_LITTLE, JPEG_LOSSLESS),
        (f"image/jpeg; transfer-syntax={JPEG_BASELINE}", EXPLICIT_LITTLE, JPEG_BASELINE),
        ("image/jp2; transfer-syntax=*", EXPLICIT_LITTLE, JPEG_2000_LOSSLESS),
        (f"image/jls; transfer-syntax={HTJ2K_LOSSLESS}", EXPLICIT_LITTLE, None),
        ("image/jls; transfer-syntax=1.2.3", EXPLICIT_LITTLE, None),
        ("text/html", EXPLICIT_LITTLE, None),
        ("image/*", RLE, RLE),
    ],
)
def test_the_form_of_frames_is_the_one_asked_for(accept: str, stored_as: str, expected: str | None) -> None:
    found = next(forms(wishes(accept), stored_as), None)
    assert (found.transfer_syntax_uid if found else None) == expected


@pytest.mark.parametrize(
    ("accept", "stored_as", "expected"),
    [
        ("application/dicom", JPEG_LS_LOSSLESS, EXPLICIT_LITTLE),
        ("application/dicom", JPEG_BASELINE, JPEG_BASELINE),
        ("application/dicom; transfer-syntax=*", JPEG_LS_LOSSLESS, JPEG_LS_LOSSLESS),
        ("*/*", JPEG_LS_LOSSLESS, JPEG_LS_LOSSLESS),
        (f"application/dicom; transfer-syntax={EXPLICIT_LITTLE}", JPEG_BASELINE, EXPLICIT_LITTLE),
    ],
)
def test_the_form_of_an_instance_is_the_one_asked_for(accept: str, stored_as: str, expected: str) -> None:
    assert syntax_of(wishes(accept)[0], stored_as) == expected


def values(kind: str, shape: tuple[int, ...] = (37, 53)) -> np.ndarray:
    """Noise over the whole range of a kind, its ends included."""
    found = np.random.default_rng(7).integers(-(2**31), 2**31, shape).astype(kind)
    found.flat[:2] = np.iinfo(kind).min, np.iinfo(kind).max
    return found


KINDS = [("<i2", (37, 53)), ("<u2", (37, 53)), ("u1", (37, 53)), ("u1", (37, 53, 3))]


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize(("kind", "shape"), KINDS)
def test_every_bit_of_an_instance_comes_back(syntax: str, kind: str, shape: tuple[int, ...]) -> None:
    pixels = values(kind, shape)
    again = dcmread(BytesIO(transcoded(as_bytes(image(pixels)), syntax)))
    assert again.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(pixel_array(again, raw=True), pixels)
    plain = dcmread(BytesIO(transcoded(transcoded(as_bytes(image(pixels)), syntax), EXPLICIT_LITTLE)))
    assert plain.file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
    assert np.array_equal(pixel_array(plain, raw=True), pixels)


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_every_frame_of_an_instance_comes_back(syntax: str) -> None:
    pixels = values("<i2", (4, 20, 30))
    again = dcmread(BytesIO(transcoded(as_bytes(image(pixels, frames=4)), syntax)))
    assert np.array_equal(pixel_array(again), pixels)


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_twelve_bits_with_a_sign_come_back(syntax: str) -> None:
    pixels = np.random.default_rng(3).integers(-1024, 2047, (40, 30)).astype("<i2")
    again = dcmread(BytesIO(transcoded(as_bytes(image(pixels, BitsStored=12, HighBit=11)), syntax)))
    assert np.array_equal(pixel_array(again), pixels)


def test_implicit_becomes_explicit_and_nothing_else_changes() -> None:
    dataset = image(values("<i2"))
    dataset.file_meta.TransferSyntaxUID = UID(ImplicitVRLittleEndian)
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True, implicit_vr=True)
    again = dcmread(BytesIO(transcoded(file.getvalue(), EXPLICIT_LITTLE)))
    assert {each.tag: each.value for each in again} == {each.tag: each.value for each in dataset}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(NotEncodable):
        encoded(values("<i2"), JPEG_BASELINE)
    with pytest.raises(NotEncodable):
        transcoded(b"no image", EXPLICIT_LITTLE)


@pytest.mark.parametrize("syntax", [*LOSSLESS, EXPLICIT_LITTLE])
def test_an_instance_and_its_frames_come_in_the_encoding_asked_for(db: None, client: Client, syntax: str) -> None:
    pixels = values("<i2")
    [found] = keep(image(pixels))
    accept = f'multipart/related; type="application/dicom"; transfer-syntax={syntax}'
    answer = client.get(address(found), headers={"Accept": accept})
    assert f"Content-Type: application/dicom; transfer-syntax={syntax}\r\n".encode() in answer.content
    [part] = parts_of(answer.content, answer["Content-Type"])
    assert np.array_equal(pixel_array(dcmread(BytesIO(part))), pixels)
    media_type = MEDIA_TYPES.get(syntax, OCTETS)
    frame = client.get(address(found, "/frames/1"), headers={"Accept": f"{media_type}; transfer-syntax={syntax}"})
    assert frame["Content-Type"] == f"{media_type}; transfer-syntax={syntax}"
    whole = dcmread(BytesIO(transcoded(as_bytes(image(pixels)), syntax)))
    assert frame.content in whole.PixelData


@pytest.mark.parametrize("accept", ["text/html", "application/json", "image/jls; transfer-syntax=1.2.3", "image/png"])
def test_what_cannot_be_had_is_not_acceptable(db: None, client: Client, accept: str) -> None:
    [found] = keep(image(values("<i2")))
    for more in ("", "/frames/1", "/bulkdata/7FE00010", "/pixeldata"):
        assert client.get(address(found, more), headers={"Accept": accept}).status_code == 406
    assert client.get(address(found), headers={"Accept": "nonsense"}).status_code == 400


def test_the_querys_word_counts_more_than_the_header(db: None, client: Client) -> None:
    [found] = keep(image(values("<i2")))
    answer = client.get(address(found, "/frames/1?accept=image/jls"), headers={"Accept": "text/html"})
    assert answer["Content-Type"] == f"image/jls; transfer-syntax={JPEG_LS_LOSSLESS}"
    assert client.get(address(found, "/metadata?accept=application/dicom+json")).json()


def test_an_instance_that_is_too_large_to_be_decoded_is_had_as_it_is(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    [found] = keep(image(values("<i2")))
    monkeypatch.setattr(transcoding, "MOST_BYTES", 1000)
    accept = f"application/dicom; transfer-syntax={HTJ2K_LOSSLESS}"
    assert client.get(address(found), headers={"Accept": accept}).status_code == 413
    assert client.get(address(found), headers={"Accept": f"{accept}, application/dicom"}).status_code == 200


def test_pixel_data_of_a_series_comes_frame_by_frame(db: None, client: Client) -> None:
    first, second = values("<i2"), values("<u2")
    found = keep(image(first, 1), image(second, 2))
    answer = client.get(address(found[0]).rpartition("/instances/")[0] + "/pixeldata")
    sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert list(parts_of(sent, answer["Content-Type"])) == [first.tobytes(), second.tobytes()]
    assert f"Content-Location: http://testserver{address(found[1])}/frames/1".encode() in sent


@pytest.mark.parametrize(
    ("value", "packs"),
    [("gzip", True), ("gzip;q=0", False), ("gzip; q=0.0, br", False), ("br, GZIP;q=0.5", True), ("", False)],
)
def test_json_is_packed_for_who_can_unpack_it(db: None, client: Client, value: str, packs: bool) -> None:
    keep(*(image(values("u1"), number, study=number) for number in range(1, 4)))
    for path in ("/dicom-web/studies", "/dicom-web/studies/2.25.1/metadata", "/dicom-web/instances"):
        answer = client.get(path, headers={"Accept-Encoding": value})
        assert (answer.headers.get("Content-Encoding") == "gzip") == packs
        assert "Accept-Encoding" in answer["Vary"]
