"""Planted identity left anywhere: bytes, decoded texts, comments in streams, file names, receipts, logs."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import FileDataset

from bench.deidentification.key import Instance, Key, Planted
from bench.deidentification.outputs import CODECS, Output, every_text

UIDS = re.compile(r"[0-9.]{20,}")  # among whose many digits a short number comes about by chance
SURE = 6  # so many bytes hardly come about by chance in a header or a compressed stream


@dataclass(frozen=True)
class Leak:
    """Something planted that was found; never what it says."""

    where: str
    category: str


@dataclass(frozen=True)
class Needle:
    """One planted string in the forms it is searched in."""

    category: str
    text: str
    squeezed: str
    encoded: frozenset[bytes]


def needles(planted: Iterable[Planted], kept: str) -> list[Needle]:
    """What to search for; strings that also stand in what must be retained prove nothing and are left out."""
    found = []
    for one in planted:
        text = normal(one.text)
        if (len(text) < 4 and text.isascii()) or text in kept:
            continue
        found.append(Needle(one.category, text, squeezed(text), frozenset(_encodings(one.text))))
    return found


def normal(text: str) -> str:
    """Composed, in lower case, with single blanks."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def squeezed(text: str) -> str:
    """Letters and digits alone, or nothing where so little would prove anything."""
    bare = re.sub(r"[\W_]", "", text)
    long = 7 if bare.isascii() else 3
    return bare if len(bare) >= long else ""


def _encodings(text: str) -> Iterable[bytes]:
    forms = {text, text.lower(), text.upper(), unicodedata.normalize("NFD", text)}
    forms |= {text.title(), text[::-1]} if len(text) > 6 else {text.title()}
    for form in forms:
        for codec in CODECS:
            try:
                yield form.encode(codec)
            except UnicodeEncodeError:
                continue


def in_texts(texts: Iterable[tuple[str, str]], wanted: list[Needle]) -> Counter[Leak]:
    """Leaks among (where, text)."""
    found: Counter[Leak] = Counter()
    for where, text in texts:
        plain = normal(text)
        without_uids = UIDS.sub(" ", plain)
        bare = re.sub(r"[\W_]", "", without_uids)
        for needle in wanted:
            if _stands_in(needle.text, without_uids if needle.text.isdigit() else plain) or (
                needle.squeezed and needle.squeezed in bare
            ):
                found[Leak(where, needle.category)] += 1
    return found


def _stands_in(needle: str, text: str) -> bool:
    if needle not in text:
        return False
    return not needle.isascii() or re.search(rf"(?<![a-z0-9]){re.escape(needle)}(?![a-z0-9])", text) is not None


def in_bytes(where: str, data: bytes, wanted: list[Needle]) -> Counter[Leak]:
    """Leaks in bytes as they lie on the disk."""
    without_uids = re.sub(UIDS.pattern.encode(), b" ", data)
    found: Counter[Leak] = Counter()
    for needle in wanted:
        searched = without_uids if needle.text.isdigit() else data
        if any(len(form) >= SURE and form in searched for form in needle.encoded):
            found[Leak(where, needle.category)] += 1
    return found


def left_in_objects(key: Key, found: dict[str, Output], strays: list[Output], kept: str) -> Counter[Leak]:
    """Leaks in all objects that a tool wrote, each searched for what was planted in its own patient."""
    wanted = _by_patient(key, kept)
    leaks: Counter[Leak] = Counter()
    for instance in key.instances:
        output = found.get(instance.name)
        if output is not None and output.dataset is not None:
            leaks += _in_object(instance, output.dataset, output.path.read_bytes(), wanted[instance.patient])
    everything = [needle for each in wanted.values() for needle in each]
    for output in strays:
        leaks += in_bytes("a file that is no object of the corpus", output.path.read_bytes(), everything)
    return leaks


def _by_patient(key: Key, kept: str) -> dict[int | None, list[Needle]]:
    planted: dict[int | None, list[Planted]] = defaultdict(list)
    for one in key.planted:
        planted[one.patient].append(one)
    return {patient: needles(each, kept) for patient, each in planted.items()}


def _in_object(instance: Instance, dataset: FileDataset, data: bytes, wanted: list[Needle]) -> Counter[Leak]:
    texts = [(f"{instance.kind} {tag >> 16:04X},{tag & 0xFFFF:04X}", text) for tag, text in every_text(dataset)]
    texts += [(f"{instance.kind} file meta", str(element.value)) for element in dataset.file_meta]
    found = in_texts(texts, wanted)
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    native = syntax is None or not syntax.is_transfer_syntax or not syntax.is_encapsulated
    pixels = dataset.get("PixelData") or b"" if native else b""
    rest = in_bytes(f"{instance.kind} bytes of the file", data.replace(pixels, b"") if pixels else data, wanted)
    told = {leak.category for leak in found}
    return found + Counter({leak: number for leak, number in rest.items() if leak.category not in told})


def left_beside(key: Key, folder: Path, said: dict[str, str], kept: str) -> Counter[Leak]:
    """Leaks in names of files and folders, and in receipts, reports and everything a tool said."""
    everything = [needle for each in _by_patient(key, kept).values() for needle in each]
    names = [("file names", str(path.relative_to(folder))) for path in folder.rglob("*")] if folder.is_dir() else []
    return in_texts([*names, *said.items()], everything)
