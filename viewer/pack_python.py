"""Packs what runs in a contributor's browser: firstlight.dicom and pydicom, as one zip that is the same every time."""

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"__pycache__", "charset_files", "cli", "palettes", "sr", "test_files"}
SUFFIXES = {".py", ".json"}
NOT_RUN = {"firstlight/dicom/profile/generate.py", "pydicom/fileset.py"}


def pack(target: Path) -> None:
    """Write the zip, in sorted order and without times of day."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w") as archive:
        for name, path in sorted(sources()):
            entry = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


def sources() -> Iterator[tuple[str, Path]]:
    """Every file that goes in, with its name inside the zip."""
    yield "firstlight/__init__.py", ROOT / "firstlight/__init__.py"
    yield from _package(ROOT / "firstlight/dicom", "firstlight/dicom")
    try:
        pydicom = distribution("pydicom")
    except PackageNotFoundError:
        sys.exit(f"pydicom is not installed for {sys.executable}: run `make install`.")
    yield from _package(Path(str(pydicom.locate_file("pydicom"))), "pydicom")
    yield from _licence(pydicom)


def _package(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        packed = f"{name}/{inside.as_posix()}"
        if path.suffix in SUFFIXES and not LEFT_OUT.intersection(inside.parts) and packed not in NOT_RUN:
            yield packed, path


def _licence(package: Distribution) -> Iterator[tuple[str, Path]]:
    """The metadata, where the package looks up its own version, and the licence."""
    for file in package.files or ():
        if ".dist-info" in file.parts[0] and (file.name == "METADATA" or "LICENSE" in file.name.upper()):
            yield file.as_posix(), Path(str(file.locate()))


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
