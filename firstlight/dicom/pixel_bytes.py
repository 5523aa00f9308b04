"""The bytes of pixel data as they leave: untouched, but for what hides behind, among or between the pixels."""

from firstlight.dicom.codestreams import blanked
from firstlight.dicom.kinds import embedded_overlays
from firstlight.dicom.reading import expected_pixel_bytes, number, pixel_element
from firstlight.dicom.structure import Element, Instance, Unreadable, Value

COMMENTS = "Comments inside the compressed stream may carry text."
BEHIND = "Nothing stays that is longer than the image."
OVERLAY = "An overlay lay in unused bits of the pixels."


def pixels_that_leave(element: Element, instance: Instance) -> tuple[Element, str]:
    """The element as it leaves, and why it changed, "" where it did not.

    Raises:
        Unreadable: when a compressed stream cannot be walked to its end.
    """
    if element.encapsulated:
        frames = number(instance.elements, 0x00280008, instance.encoding, 1)
        value = blanked(element.value, instance.transfer_syntax_uid, frames)
        return (element, "") if value is element.value else (element._replace(value=value), COMMENTS)
    if pixel_element(instance) is not element:
        return element, ""
    trimmed, why = _trimmed(element, instance)
    if embedded_overlays(instance.elements):
        return trimmed._replace(value=_cleared(trimmed.value, instance)), OVERLAY
    return trimmed, why


def _trimmed(element: Element, instance: Instance) -> tuple[Element, str]:
    expected = expected_pixel_bytes(instance)
    if expected is not None and not instance.encoding.little:
        expected += expected % 2  # bytes are swapped in pairs
    if expected is None or len(element.value) <= expected:
        return element, ""
    return element._replace(value=memoryview(element.value)[:expected]), BEHIND


def _cleared(value: Value, instance: Instance) -> bytes:
    """Unsigned pixels with every bit cleared that is not theirs; whole numbers do it without a loop over pixels."""
    allocated, stored, high = (
        number(instance.elements, tag, instance.encoding) for tag in (0x00280100, 0x00280101, 0x00280102)
    )
    if allocated % 8 or not 0 < stored <= high + 1 <= allocated:
        raise Unreadable("damaged")
    size = allocated // 8
    word = (((1 << stored) - 1) << (high + 1 - stored)).to_bytes(size, "little" if instance.encoding.little else "big")
    mask = word * (len(value) // size + 1)
    return (int.from_bytes(value) & int.from_bytes(mask[: len(value)])).to_bytes(len(value))
