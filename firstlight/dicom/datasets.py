"""Files as pydicom's data sets, for whoever works with those."""

from pathlib import Path
from typing import BinaryIO

from pydicom import dcmwrite
from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from firstlight.dicom import quiet
from firstlight.dicom.dictionary import character_sets
from firstlight.dicom.reading import contents, take_apart
from firstlight.dicom.structure import UNDEFINED, Element, Elements, Encoding, Instance
from firstlight.dicom.values import character_sets as terms_of

__all__ = ["as_dataset", "dcmwrite", "quiet", "read_instance", "to_dataset"]


def read_instance(source: Path | bytes | BinaryIO) -> FileDataset:
    """Read one DICOM file that is complete and well-formed, as pydicom's dataset.

    Raises:
        Unreadable: for anything else; neither its reason nor its message tells a value.
    """
    return as_dataset(take_apart(contents(source)))


def as_dataset(instance: Instance) -> FileDataset:
    """A file that was taken apart as pydicom's dataset."""
    dataset = to_dataset(instance.elements, instance.encoding)
    meta = FileMetaDataset(to_dataset(instance.meta, Encoding(False, True)))
    return FileDataset(
        "",
        dataset,
        preamble=b"\0" * 128,
        file_meta=meta,
        is_implicit_VR=instance.encoding.implicit,
        is_little_endian=instance.encoding.little,
    )


def to_dataset(elements: Elements, encoding: Encoding, outer: tuple[str, ...] = ("",)) -> Dataset:
    """The same elements as pydicom's dataset, still undecoded; an item without character sets has those around it."""
    terms = terms_of(elements.get(0x00080005))
    if any(term not in character_sets().codecs for term in terms):
        # pydicom would quote the unknown term in a warning, and read the text as if none were given
        elements, terms = {tag: element for tag, element in elements.items() if tag != 0x00080005}, ("",)
    inner = terms if 0x00080005 in elements else outer
    dataset = Dataset(
        {BaseTag(tag): _raw(element, encoding, inner) for tag, element in elements.items()},
        parent_encoding=convert_encodings([*outer]),
    )
    dataset.set_original_encoding(encoding.implicit, encoding.little, [*terms] if any(terms) else None)
    return dataset


def _raw(element: Element, encoding: Encoding, terms: tuple[str, ...]) -> RawDataElement | DataElement:
    tag = BaseTag(element.tag)
    if element.items is not None:
        items = Sequence([to_dataset(item, encoding, terms) for item in element.items])
        return DataElement(tag, "SQ", items)
    length = UNDEFINED if element.encapsulated else len(element.value)
    value = bytes(element.value)
    return RawDataElement(tag, element.vr, length, value, element.offset, encoding.implicit, encoding.little)
