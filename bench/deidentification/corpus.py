"""A corpus with planted identity and its answer key: `python -m bench.deidentification.corpus FOLDER --seed 1`.

The same seed makes the same bytes on a machine with the same fonts; another seed makes other people, phrases, places.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from pydicom.uid import UID, ExplicitVRLittleEndian

from bench.deidentification import objects
from bench.deidentification.encoded import file_bytes
from bench.deidentification.headers import Study
from bench.deidentification.ink import hangul_font
from bench.deidentification.key import Instance, Item, Key, Planted
from bench.deidentification.objects import Made, Maker
from bench.deidentification.people import Patient, patient_of
from bench.deidentification.phrases import clinical_words

SIZE = 256
KINDS = ("ct", "ct", "radiograph", "mr", "us", "xa", "pt", "sc")


def build(folder: Path, *, seed: int, patients: int, size: int = SIZE) -> Key:
    """Write the objects under `folder`/files and the key under `folder`/key."""
    instances: list[Instance] = []
    items: list[Item] = []
    planted: list[Planted] = []
    for number in range(patients):
        patient = patient_of(seed, number, clinical_words())
        planted += _planted(patient)
        for made in objects_of(patient, seed, size):
            instance = _write(folder / "files", made, patient)
            instances.append(instance)
            items += made.items
    conditions = {
        "seed": seed, "patients": patients, "size": size, "hangul_font": hangul_font() is not None,
        "versions": {name: version(name) for name in ("pydicom", "numpy", "pillow")},
    }  # fmt: skip
    key = Key(tuple(instances), tuple(items), tuple(planted), conditions)
    key.write(folder / "key")
    return key


def objects_of(patient: Patient, seed: int, size: int) -> Iterator[Made]:
    """All objects of one patient: two to four studies over years."""
    chance = random.Random(f"{seed}/studies/{patient.number}")
    at = datetime(2012 + chance.randrange(8), chance.randrange(1, 13), chance.randrange(1, 28), 9, 30)  # noqa: DTZ001
    for number in range(1, chance.randrange(2, 5) + 1):
        at += timedelta(days=chance.randrange(1, 700), seconds=chance.randrange(-30000, 50000))
        if chance.random() < 0.15:
            at = at.replace(hour=23, minute=58, second=chance.randrange(60))
        maker = Maker(_study(patient, number, at, chance), chance, _charset(chance, patient))
        _make(maker, KINDS[(patient.number + number * 3) % len(KINDS)], size)
        yield from maker.made


def write_series(folder: Path, *, slices: int, size: int = 512, seed: int = 0) -> None:
    """One native CT series, for measuring time: headers that differ as a scanner's do, in number, place and time."""
    folder.mkdir(parents=True)
    patient, chance = patient_of(seed, 0, clinical_words()), random.Random(seed)
    maker = Maker(_study(patient, 1, datetime(2020, 2, 20, 9, 30), chance), chance, "utf-8")  # noqa: DTZ001
    objects.chest_ct(maker, size, 1, ExplicitVRLittleEndian)
    first = maker.made[0].dataset
    series_uid, position = str(first.SeriesInstanceUID), list(first.ImagePositionPatient)
    for number in range(1, slices + 1):
        first.SOPInstanceUID = first.file_meta.MediaStorageSOPInstanceUID = UID(f"{series_uid}.{number}")
        first.InstanceNumber = number
        first.ImagePositionPatient = [*position[:2], f"{-100 + 1.25 * number:.2f}"]
        first.ContentTime = first.AcquisitionTime = f"0930{number // 10 % 60:02d}"
        first.PixelData = chance.randbytes(size * size * 2)
        (folder / f"{number:04d}.dcm").write_bytes(file_bytes(first))


def _study(patient: Patient, number: int, at: datetime, chance: random.Random) -> Study:
    root = f"{patient.hospital.uid_root}.{at:%Y%m%d%H%M%S}.{chance.randrange(10**7)}"
    accession = f"{chance.choice('ACR')}{at:%Y%m%d}{chance.randrange(1000, 9999)}"
    return Study(patient, number, root, f"{root}.0", at, accession, f"ST{chance.randrange(10**6, 10**7)}")


def _charset(chance: random.Random, patient: Patient) -> str:
    if not patient.korean:
        return chance.choice(("latin-1", "utf-8"))
    return chance.choice(("utf-8", "ir149", "ir149"))


def _make(maker: Maker, kind: str, size: int) -> None:
    if kind == "ct":
        made = objects.chest_ct(maker, size, 3)
        for build_one in maker.chance.sample(DERIVED, k=2):
            build_one(maker, made)
    elif kind == "mr":
        made = objects.brain_mr(maker, size, 3)
        maker.chance.choice(DERIVED)(maker, made[:2])
    elif kind == "pt":
        objects.pet(maker, size // 2, 3)
    elif kind == "radiograph":
        made = objects.radiograph(maker, size * 2, maker.chance.random() < 0.5)
        objects.report(maker, made)
    elif kind == "us":
        objects.ultrasound(maker, size + size // 4, 4)
    elif kind == "xa":
        objects.angiogram(maker, size + size // 4, 4)
    else:
        made = objects.screenshot(maker, size + size // 4)
        objects.key_objects(maker, made)
        if maker.chance.random() < 0.5:
            objects.document(maker)


DERIVED = (
    objects.report, objects.key_objects, objects.presentation, objects.segmentation, objects.structure_set,
)  # fmt: skip


def _write(folder: Path, made: Made, patient: Patient) -> Instance:
    """Under a path that tells whose it is, as exports do."""
    place = f"{patient.name.latin.replace('^', '_').replace(' ', '')}_{patient.patient_id}"
    path = folder / place / made.instance.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file_bytes(made.dataset))
    return replace(made.instance, file=str(path.relative_to(folder)))


def _planted(patient: Patient) -> list[Planted]:
    return [
        Planted(patient.number, category, text)
        for category, texts in patient.strings().items()
        for text in sorted(texts)
        if len(text) > 1
    ]


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--patients", type=int, default=60)
    arguments.add_argument("--size", type=int, default=SIZE)
    given = arguments.parse_args()
    if given.folder.exists() and any(given.folder.iterdir()):
        sys.exit(f"{given.folder} is not empty")
    key = build(given.folder, seed=given.seed, patients=given.patients, size=given.size)
    print(f"{len(key.instances)} objects of {given.patients} patients, {len(key.items)} required actions")


if __name__ == "__main__":
    main()
