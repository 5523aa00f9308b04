"""Reading and de-identification under files that nobody would write: no crash, no hang, no planted text left.

Each input is also the first of a small series, whose files must leave as they would have left alone.

    python bench/fuzz_dicom.py [--seconds 1800] [--corpus FOLDER] [--difficult ../shared/data/difficult_dicom]

Needs `pip install atheris`, which is no dependency of the project. Half of the inputs are bytes as libFuzzer changes
them, half are whole files whose elements were changed, with a planted patient written into every kind of text.
What is found is left in the folder `crashes` beside the corpus; seeds are tests' phantoms and difficult files.
"""

import argparse
import random
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["firstlight.dicom"]):
    from tests.dicom.mutation import changed, check, check_series, seeds

SEED_BYTES = 1 << 16
HANG_SECONDS = 20


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=1800)
    arguments.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "firstlight-fuzz")
    arguments.add_argument("--difficult", type=Path, default=ROOT.parent / "shared" / "data" / "difficult_dicom")
    given = arguments.parse_args()
    corpus, crashes = given.corpus / "corpus", given.corpus / "crashes"
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    plant(corpus, given.difficult)
    options = [
        f"-max_total_time={given.seconds}", f"-timeout={HANG_SECONDS}", f"-artifact_prefix={crashes}/",
        f"-max_len={SEED_BYTES}", "-rss_limit_mb=4096", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], partial(checked, crashes), custom_mutator=mutated)
    atheris.Fuzz()


def checked(crashes: Path, data: bytes) -> None:
    """Check one input; the first of every kind of failure is written down, and the run goes on."""
    try:
        check(data)
        check_series(data)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        finding = crashes / f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
        if not finding.exists():
            finding.write_bytes(data)
            traceback.print_exception(error)


def plant(corpus: Path, difficult: Path) -> None:
    for number, data in enumerate(seeds()):
        (corpus / f"seed-{number:03d}").write_bytes(data)
    for number, path in enumerate(sorted(path for path in difficult.rglob("*") if path.is_file())):
        if path.stat().st_size <= SEED_BYTES:
            (corpus / f"difficult-{number:03d}").write_bytes(path.read_bytes())


def mutated(data: bytes, most: int, seed: int) -> bytes:
    dice = random.Random(seed)
    if dice.random() < 0.5:
        return bytes(atheris.Mutate(data, most))
    return changed(data, dice)[:most]


if __name__ == "__main__":
    main()
