"""How much planted text is found by size, how often clear images raise an alarm, and what a look costs on one core.

Run: python -m bench.looking_at_pixels [pictures]
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.uid import CTImageStorage, DigitalXRayImageStorageForPresentation, UltrasoundImageStorage

from firstlight.dicom.identity import NOBODY
from firstlight.dicom.pixels import PixelVerdict
from firstlight.dicom.reading import take_apart
from firstlight.dicom.structure import Instance, Unreadable
from firstlight.phantoms.patients import Patient
from firstlight.phantoms.radiograph import chest_radiograph
from firstlight.phantoms.tomography import chest_ct
from firstlight.pixels.look import pixel_reader
from tests.pixels.objects import cine, image, instance_of
from tests.pixels.pictures import Planted, background, plant, written

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
RADIOGRAPH = DigitalXRayImageStorageForPresentation


def hidden_share(planted: Planted, verdict: PixelVerdict) -> float:
    """How much of the planted text's box the regions cover."""
    inside = np.zeros(planted.picture.shape, bool)
    for each in verdict.regions:
        inside[each.top : each.top + each.height, each.left : each.left + each.width] = True
    left, top, right, bottom = planted.box
    return float(inside[top:bottom, left:right].mean())


def recall(pictures: int) -> None:
    """Planted text, counted as found when at least 90 % of its box is covered or a person is asked."""
    read = pixel_reader()
    asked: Counter[tuple[str, object]] = Counter()
    found: Counter[tuple[str, object]] = Counter()
    spent = time.process_time()
    for number in range(pictures):
        planted = plant(number)
        verdict = read(instance_of(image(planted.picture, sop_class_uid=UltrasoundImageStorage)), NOBODY)
        ok = hidden_share(planted, verdict) > 0.9 or verdict.word == "doubtful"
        for key in (("all", ""), ("size", planted.size), ("contrast", planted.contrast), ("on", planted.background),
                    ("turned", planted.turned), ("inverted", planted.inverted), ("hangul", not planted.words.isascii()),
                    ("contrast ≥ 80, size", planted.size if planted.contrast >= 80 else "rest")):  # fmt: skip
            asked[key] += 1
            found[key] += ok
    spent = time.process_time() - spent
    for key in sorted(asked, key=lambda each: (each[0], str(each[1]).zfill(6))):
        print(f"{key[0]:22} {key[1]!s:8} {found[key]:4} of {asked[key]:4}  {100 * found[key] / asked[key]:.1f} %")
    print(f"640 x 480 with text: {1000 * spent / pictures:.0f} ms of one core each")


def clear_instances() -> Iterator[tuple[str, Instance]]:
    """Images without text: phantoms, and real radiographs where the folder of shared data is there."""
    volume = chest_ct(Patient(1, "M", 50), slices=30, slice_thickness_mm=9)
    for pixels in volume:
        yield (
            "phantom CT",
            instance_of(image(pixels, sop_class_uid=CTImageStorage, WindowCenter=-600, WindowWidth=1500)),
        )
    for seed in range(6):
        yield (
            "phantom radiograph",
            instance_of(image(chest_radiograph(Patient(seed, "F", 60)), sop_class_uid=RADIOGRAPH)),
        )
    for path in sorted(SHARED.glob("chest_images/images/*")):
        grey = np.asarray(Image.open(path).convert("L"))
        yield "chest_images (web figures)", instance_of(image(grey, sop_class_uid=RADIOGRAPH))
    for path in sorted(SHARED.glob("radiographs_dicom/**/*.dcm")):
        try:
            yield "radiographs_dicom", take_apart(path.read_bytes())
        except Unreadable:
            continue


def alarms() -> None:
    """What is said of images without planted text; real ones may well carry some."""
    read = pixel_reader()
    words: Counter[tuple[str, str]] = Counter()
    spent: Counter[str] = Counter()
    for kind, instance in clear_instances():
        start = time.process_time()
        words[kind, read(instance, NOBODY).word] += 1
        spent[kind] += time.process_time() - start  # type: ignore[assignment]
    for (kind, word), count in sorted(words.items()):
        total = sum(number for (one, _), number in words.items() if one == kind)
        print(f"{kind:28} {word:9} {count:4} of {total:4}   {1000 * spent[kind] / total:.0f} ms each")


def cines() -> None:
    """A cine of 100 frames: all alike, and with a moving fan under a still banner."""
    still = written(background("black", 480, 640, 1), "HONG GILDONG", 20, 10)
    fan = background("speckle", 300, 400, 2)
    moving = np.stack([still] * 100)
    for number, frame in enumerate(moving):
        frame[120:420, 120:520] = np.roll(fan, 3 * number, axis=1)
    for name, frames in (("still", np.stack([still] * 100)), ("moving", moving)):
        start = time.process_time()
        verdict = pixel_reader()(instance_of(cine(frames)), NOBODY)
        print(f"cine {name}: {10 * (time.process_time() - start):.0f} ms a frame, {verdict.word}")


if __name__ == "__main__":
    recall(int(sys.argv[1]) if len(sys.argv) > 1 else 336)
    alarms()
    cines()
