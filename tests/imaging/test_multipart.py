"""The multipart reader: what was sent comes out, however it is cut, and hostile bodies end in a clear word."""

import io
import tracemalloc
from collections.abc import Callable
from mmap import mmap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.imaging.dicomweb import multipart
from firstlight.imaging.dicomweb.multipart import BadMultipart, Sent, TooManyParts, parts_of, read_parts

TYPE = 'multipart/related; type="application/dicom"; boundary="a gap"'
PART = "Content-Type: application/dicom\r\n\r\n"


def body_of(contents: list[bytes], *, boundary: str = "a gap", preamble: bytes = b"") -> bytes:
    parts = b"".join(f"\r\n--{boundary}\r\n{PART}".encode() + each for each in contents)
    return preamble + (parts if preamble else parts[2:]) + f"\r\n--{boundary}--\r\nand after".encode()


def in_pieces(body: bytes, sizes: list[int]) -> Callable[[int], bytes]:
    """A read that gives no more than it likes."""
    stream, each = io.BytesIO(body), iter(sizes)
    return lambda wanted: stream.read(min(wanted, next(each, wanted)))


contents = st.lists(st.binary(max_size=300).filter(lambda each: b"\r\n--a gap" not in each), max_size=6)


@given(contents, st.lists(st.integers(1, 40), max_size=200), st.sampled_from([b"", b"\r\n", b"hello\r\n--a ga"]))
def test_what_was_sent_comes_out_however_it_is_cut(sent: list[bytes], sizes: list[int], preamble: bytes) -> None:
    found = list(read_parts(in_pieces(body_of(sent, preamble=preamble), sizes), TYPE))
    assert [each.content for each in found] == sent
    assert all(each.content_type == "application/dicom" for each in found)


@given(contents, st.data())
def test_a_body_that_breaks_off_gives_what_was_whole_and_then_says_so(sent: list[bytes], data: st.DataObject) -> None:
    body = body_of(sent)
    end = body.index(b"--\r\nand after")
    found: list[Sent] = []
    with pytest.raises(BadMultipart):
        for part in read_parts(io.BytesIO(body[: data.draw(st.integers(0, end))]).read, TYPE):
            found.append(part)
    assert [each.content for each in found] == sent[: len(found)]


@given(st.binary(max_size=600))
def test_any_bytes_are_parts_or_a_fault(body: bytes) -> None:
    for each in (body, b"--a gap\r\n" + body, body_of([body])[:-20]):
        try:
            for part in read_parts(io.BytesIO(each).read, TYPE):
                assert isinstance(part.content, bytes)
        except BadMultipart:
            pass


@pytest.mark.parametrize(
    "content_type",
    ["", "application/dicom", "multipart/related", 'multipart/related; boundary=""', "multipart/mixed; boundary=gap",
     f'multipart/related; boundary="{"x" * 71}"', 'multipart/related; boundary="a\r\nb"'],
)  # fmt: skip
def test_a_type_that_promises_no_parts_is_refused(content_type: str) -> None:
    with pytest.raises(BadMultipart):
        list(parts_of(body_of([b"1"]), content_type))


@pytest.mark.parametrize("boundary", ["gap", "=_a.b'c(d)", "x" * 70, "with a blank"])
def test_any_boundary_of_the_standard_is_read(boundary: str) -> None:
    body = body_of([b"1", b""], boundary=boundary)
    assert list(parts_of(body, f'multipart/related; boundary="{boundary}"; type="application/dicom"')) == [b"1", b""]


def test_a_wrong_boundary_is_told_early(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def endless(size: int) -> bytes:
        nonlocal read
        read += size
        return b"x" * size

    with pytest.raises(BadMultipart, match="does not occur"):
        list(read_parts(endless, TYPE))
    assert read <= 2 * multipart.CHUNK_BYTES


def test_a_header_without_end_is_told_early() -> None:
    with pytest.raises(BadMultipart, match="no header"):
        list(parts_of(b"--a gap\r\n" + b"X: y\r\n" * 100_000, TYPE))


def test_too_many_parts_end_the_reading() -> None:
    body = b"--a gap\r\n\r\n\r\n" * 100_000
    found = 0
    with pytest.raises(TooManyParts):
        for _part in read_parts(io.BytesIO(b"\r\n".join([body])).read, TYPE):
            found += 1
    assert found == multipart.MOST_PARTS


def test_a_large_part_lies_in_a_file_and_one_beyond_measure_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "SPOOLED_BYTES", 1 << 20)
    monkeypatch.setattr(multipart, "MOST_PART_BYTES", 8 << 20)
    large, beyond = b"\0\1" * (2 << 20), b"\2" * (9 << 20)
    body = body_of([b"small", large, beyond, b"small again"])
    one, two, three, four = read_parts(io.BytesIO(body).read, TYPE, spool=tmp_path)
    assert (one.content, four.content, three.content) == (b"small", b"small again", None)
    assert isinstance(two.content, mmap)
    assert two.content[:] == large
    assert list(tmp_path.iterdir()) == [], "it has no name that could be left behind"


def test_memory_is_bounded_whatever_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of 256 MB in no more than three times what may be in memory."""
    monkeypatch.setattr(multipart, "SPOOLED_BYTES", 2 << 20)
    monkeypatch.setattr(multipart, "MOST_PART_BYTES", 64 << 20)
    pieces = [b"--a gap\r\n" + PART.encode(), *[b"\0" * (1 << 19)] * 512, b"\r\n--a gap--"]
    feed = iter(pieces)
    tracemalloc.start()
    [part] = read_parts(lambda _size: next(feed, b""), TYPE, spool=tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert part.content is None
    assert peak < 3 * multipart.SPOOLED_BYTES + multipart.CHUNK_BYTES
