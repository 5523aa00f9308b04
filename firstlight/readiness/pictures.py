"""Floor plans: whatever picture comes in, a plain PNG without anything else in it is kept."""

from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2400


class BadPicture(ValueError):
    """A picture that cannot be used; `reason` is 'big', 'unknown' or 'broken'."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Picture:
    """A PNG and its size in pixels."""

    content: bytes
    width: int
    height: int


def read_picture(file: IO[bytes]) -> Picture:
    """A PNG or JPEG drawn anew, turned upright, at most 2400 pixels long; raises BadPicture for anything else."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadPicture("big")
    try:
        with Image.open(BytesIO(content), formats=["PNG", "JPEG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPicture("big")
            return _drawn_anew(image)
    except UnidentifiedImageError as error:
        raise BadPicture("unknown") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture("broken") from error


def _drawn_anew(image: Image.Image) -> Picture:
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    plain = Image.new("RGB", upright.size, "white")
    plain.paste(upright, mask=upright.getchannel("A"))
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    plain.save(out, "PNG", optimize=True)
    return Picture(out.getvalue(), plain.width, plain.height)
