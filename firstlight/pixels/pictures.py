"""A frame as a picture file, for a person who has to say what is to be covered."""

from io import BytesIO

from PIL import Image

from firstlight.dicom.structure import Instance
from firstlight.pixels.frames import Decoder, Undecodable, can_be_looked_at, layout_of


def frame_as_png(instance: Instance, frame: int) -> bytes:
    """Frame `frame` (from 1) as a viewer shows it first, as PNG.

    Raises:
        Undecodable: when it cannot be shown, or there is no such frame.
    """
    if not can_be_looked_at(instance) or not 1 <= frame <= layout_of(instance).frames:
        raise Undecodable
    file = BytesIO()
    Image.fromarray(Decoder(instance).views(frame)[0]).save(file, "PNG", compress_level=1)
    return file.getvalue()
