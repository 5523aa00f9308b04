"""What a tool wrote: read without trusting names, and led back to the inputs by content."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from bench.deidentification.key import Instance

CODECS = ("utf-8", "euc_kr", "iso8859-1", "utf-16-le", "utf-16-be")
STEP = re.compile(r"(?:([0-9A-F]{8})|([0-9A-F]{4})\{([^}]+)\}([0-9A-F]{2}))(?:\[(\d+)\])?")
Pixels = npt.NDArray[Any]


@dataclass
class Output:
    """A file that a tool wrote; no dataset where it is none."""

    path: Path
    dataset: FileDataset | None


def read(path: Path) -> FileDataset | None:
    """The object in a file, all of its elements decoded once; None where there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = dcmread(path)
            dataset.decode()
        except (InvalidDicomError, OSError, ValueError, KeyError, NotImplementedError, AttributeError, TypeError):
            return None
    return dataset


def read_all(folder: Path) -> list[Output]:
    """Every file under a folder."""
    return [Output(path, read(path)) for path in sorted(folder.rglob("*")) if path.is_file()]


def matched(instances: tuple[Instance, ...], outputs: list[Output], inputs: Path) -> dict[str, Output]:
    """Which output came of which input: by its numbers, which nothing de-identifies, else by its pixels."""
    by_numbers = {(instance.series_number, instance.instance_number): instance.name for instance in instances}
    found: dict[str, Output] = {}
    left: list[Output] = []
    for output in outputs:
        name = by_numbers.get(_numbers(output.dataset)) if output.dataset is not None else None
        if name and name not in found:
            found[name] = output
        elif output.dataset is not None and "PixelData" in output.dataset:
            left.append(output)
    lost = [instance for instance in instances if instance.name not in found] if left else []
    for instance in lost:
        twin = _twin(read(inputs / instance.file), left)
        if twin:
            found[instance.name] = twin
            left.remove(twin)
    return found


def _numbers(dataset: Dataset) -> tuple[int, int]:
    try:
        return int(dataset.get("SeriesNumber") or -1), int(dataset.get("InstanceNumber") or -1)
    except (TypeError, ValueError):
        return -1, -1


def _twin(given: FileDataset | None, outputs: list[Output]) -> Output | None:
    before = pixels(given) if given is not None else None
    if before is None:
        return None
    for output in outputs:
        after = pixels(output.dataset) if output.dataset is not None else None
        if after is not None and after.shape == before.shape and np.mean(np.abs(after - before) < 3) > 0.6:
            return output
    return None


def pixels(dataset: FileDataset) -> Pixels | None:
    """All frames as (frame, row, column[, colour]) of float; None where they cannot be decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            array = dataset.pixel_array
        except Exception:  # noqa: BLE001 - whatever a codec says of a stream that a tool broke, it cannot be seen
            return None
    flat = array.ndim - (3 if int(dataset.get("SamplesPerPixel") or 1) > 1 else 2)
    return (array[None] if flat == 0 else array).astype(np.float32)


def elements(dataset: FileDataset, path: str, *, exact: bool = False) -> list[DataElement]:
    """The elements at a path; in every item of its sequences unless `exact`."""
    places: list[Dataset] = [dataset.file_meta if path.startswith("0002") else dataset]
    steps = re.split(r"\.(?=[0-9A-F]{4})", path)
    for step in steps[:-1]:
        places = [item for place in places for item in _items(place, step, exact)]
    return [found for place in places if (found := _element(place, steps[-1])) is not None]


def _items(place: Dataset, step: str, exact: bool) -> list[Dataset]:
    sequence, match = _element(place, step), STEP.fullmatch(step)
    if sequence is None or match is None or sequence.VR != "SQ":
        return []
    items = list(sequence.value or [])
    return items[int(match[5]) : int(match[5]) + 1] if exact else items


def _element(place: Dataset, step: str) -> DataElement | None:
    match = STEP.fullmatch(step)
    if match is None:
        return None
    tag = int(match[1], 16) if match[1] else _private_tag(place, int(match[2], 16), match[3], int(match[4], 16))
    return place[tag] if tag is not None and tag in place else None


def _private_tag(place: Dataset, group: int, creator: str, element: int) -> int | None:
    try:
        return int(place.private_block(group, creator).get_tag(element))
    except KeyError:
        return None


def texts(element: DataElement) -> list[str]:
    """An element's values as texts; bytes as every character set would read them."""
    value = element.value
    if value is None or element.VR == "SQ":
        return []
    if isinstance(value, bytes):
        return [value.decode(codec, "ignore") for codec in CODECS] if len(value) < 100_000 else []
    values = value if isinstance(value, (list, tuple)) or element.VM > 1 else [value]
    return [str(each) for each in values]


def every_text(dataset: Dataset) -> Iterator[tuple[int, str]]:
    """All texts of an object at any depth, with the tag they stand under."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or []:
                yield from every_text(item)
        elif element.tag.group & 0x7F00 != 0x7F00:
            yield from ((int(element.tag), text) for text in texts(element))


def uid_at(dataset: FileDataset, path: str) -> str:
    """The UID at an exact path, or nothing."""
    found = elements(dataset, path, exact=True)
    value = str(found[0].value or "") if found else ""
    return value if UID(value).is_valid and value else ""
