"""What somebody who can look at pixels says of an instance; who that is, this package does not know."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from firstlight.dicom.identity import Identity
from firstlight.dicom.structure import Instance


class Region(NamedTuple):
    """A rectangle in pixels from the top left corner; `frame` counts from 1, None means every frame."""

    left: int
    top: int
    width: int
    height: int
    frame: int | None = None


@dataclass(frozen=True)
class PixelVerdict:
    """Clear: nothing had to go. Covered: `instance` has the regions blacked out. Doubtful: a person has to look.

    `confirmed` tells that a person has looked and said so; then the word is "clear" or "covered".
    """

    word: Literal["clear", "covered", "doubtful"]
    instance: Instance
    regions: tuple[Region, ...] = ()
    confirmed: bool = False


PixelReader = Callable[[Instance, Identity], PixelVerdict]
