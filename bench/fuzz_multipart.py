"""The multipart reader and the composing of JSON under bytes that nobody would send: no crash, nothing lost.

    python bench/fuzz_multipart.py [--seconds 600] [--corpus FOLDER]

Needs `pip install atheris`, which is no dependency of the project. The same body is read whole and in pieces, with and
without spooling: all must find the same parts and the same fault.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["firstlight.imaging.dicomweb"]):
    from firstlight.imaging.dicomweb import multipart
    from firstlight.imaging.dicomweb.composing import Unmade, composed

PLAIN = 'multipart/related; type="application/dicom"; boundary=gap'
SEEDS = [
    b"--gap\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--gap--",
    b"before\r\n--gap\r\n\r\n\r\n--gap\r\nA: b\r\nContent-Location: x\r\n\r\n\r\n\r\n--ga\r\n--gap--\r\nafter",
    b'--gap\r\nContent-Type: application/dicom+json\r\n\r\n[{"00080016":{"vr":"UI","Value":["1.2"]},'
    b'"7FE00010":{"vr":"OW","BulkDataURI":"x"}}]\r\n--gap\r\nContent-Location: x\r\n\r\n12\r\n--gap--',
]
Found = tuple[list[tuple[str, str, bytes | None]], str]


def read(body: bytes, *, piece: int, spooled: int) -> Found:
    """The parts and the fault, read in pieces of that size."""
    multipart.SPOOLED_BYTES = spooled
    stream = io.BytesIO(body)
    parts = []
    try:
        for part in multipart.read_parts(lambda size: stream.read(min(size, piece)), PLAIN):
            content = None if part.content is None else bytes(part.content)
            parts.append((part.content_type, part.location, content))
    except multipart.BadMultipart as error:
        return parts, str(error)
    return parts, ""


def check(body: bytes) -> None:
    whole = read(body, piece=1 << 20, spooled=1 << 20)
    for piece, spooled in ((1, 1 << 20), (7, 16), (1 << 20, 8)):
        if read(body, piece=piece, spooled=spooled) != whole:
            raise AssertionError("read in pieces it is another body")
    multipart.SPOOLED_BYTES = 1 << 20
    try:
        made = list(composed(multipart.read_parts(io.BytesIO(body).read, PLAIN)))
    except multipart.BadMultipart:
        return
    assert all(isinstance(each, bytes | Unmade) for each in made)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=600)
    arguments.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "firstlight-fuzz-multipart")
    given = arguments.parse_args()
    given.corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS):
        (given.corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={given.seconds}", "-timeout=20", "-max_len=4096", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={given.corpus}/crash-", str(given.corpus)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
