"""How the peers that are libraries, or work on one file at a time, are asked to do their best on a folder.

    python -m bench.deidentification.recipes {deid,dicom-anonymizer,dcmodify} FROM TO

What PS3.15 Table E.1-1 says of the attributes that the corpus plants is given to deid and dcmodify beforehand, which is
more than a new user would know. A file that a tool cannot do is left out and the run goes on.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword

from bench.deidentification.planter import rows


def with_deid(source: Path, target: Path) -> None:
    """deid: header recipe, keyed jitter of dates, UIDs by its own function, then its pixel cleaner's own recipe."""
    from deid.config import DeidRecipe
    from deid.dicom import get_identifiers, replace_identifiers

    recipe_file = target.parent / "deid.dicom"
    recipe_file.write_text("\n".join(["FORMAT dicom", "", "%header", "", *_deid_lines(), ""]))
    recipe = DeidRecipe(deid=str(recipe_file))
    for path in sorted(source.iterdir()):
        try:
            identifiers = get_identifiers([str(path)], expand_sequences=True)
            identifiers[str(path)] |= _answers(path)
            done = replace_identifiers(
                [str(path)], deid=recipe, ids=identifiers, save=False, remove_private=True, disable_skip=True
            )
            done[0].save_as(target / path.name)
            _clean_pixels(target / path.name)
        except Exception as error:  # noqa: BLE001 - whatever a peer raises, the others' files are still to be done
            print(type(error).__name__)


def _deid_lines() -> Iterator[str]:
    for keyword, row in rows().items():
        action, vr = row.split(";")[0], dictionary_VR(tag_for_keyword(keyword) or 0)
        if keyword == "PatientID":
            yield "REPLACE PatientID var:pseudonym"
        elif "113108 K" in row:
            yield f"KEEP {keyword}"
        elif action == "U":
            yield f"REPLACE {keyword} deid_func:pydicom_uuid"
        elif "113107 C" in row and vr in {"DA", "DT"}:
            yield f"JITTER {keyword} var:days"
        elif vr == "TM" or (vr == "SQ" and (action != "X" or " C" in row)):
            continue
        else:
            yield f"{'BLANK' if 'Z' in action and vr != 'SQ' else 'REMOVE'} {keyword}"


def _answers(path: Path) -> dict[str, Any]:
    told = str(dcmread(path, stop_before_pixels=True, specific_tags=["PatientID"]).PatientID)
    digest = hashlib.blake2b(told.encode(), key=b"a secret of the recipe").digest()
    return {"pseudonym": digest.hex()[:12].upper(), "days": -1 - int.from_bytes(digest[:2], "big") % 3000}


def _clean_pixels(path: Path) -> None:
    from deid.dicom import DicomCleaner

    cleaner = DicomCleaner(output_folder=str(path.parent))
    if cleaner.detect(str(path)).get("flagged"):
        cleaner.clean()
        made = cleaner.save_dicom()
        if made:
            shutil.move(made, path)


def with_dicom_anonymizer(source: Path, target: Path) -> None:
    """dicom-anonymizer: its own default profile, private tags deleted, file by file."""
    from dicomanonymizer import anonymize_dicom_file

    for path in sorted(source.iterdir()):
        try:
            anonymize_dicom_file(str(path), str(target / path.name))
        except Exception as error:  # noqa: BLE001 - as above
            print(type(error).__name__)


def with_dcmodify(source: Path, target: Path) -> None:
    """dcmodify on copies: erase or empty what the table removes, one call a series with new UIDs for it."""
    series: dict[tuple[str, str, str], list[str]] = {}
    for path in sorted(source.iterdir()):
        copy = shutil.copy(path, target / path.name)
        known = dcmread(copy, stop_before_pixels=True)
        key = str(known.PatientID), str(known.StudyInstanceUID), str(known.SeriesInstanceUID)
        series.setdefault(key, []).append(str(copy))
    for (patient, study, one), files in series.items():
        changes = ["-m", f"(0010,0020)={_hashed(patient)[:12]}", "-m", f"(0020,000d)={_uid(study)}"]
        changes += ["-m", f"(0020,000e)={_uid(one)}", "-gin"]
        subprocess.run(["dcmodify", "-nb", "-ie", "-imt", "-ep", *_dcmodify_changes(), *changes, *files], check=False)


def _dcmodify_changes() -> Iterator[str]:
    for keyword, row in rows().items():
        tag, action = tag_for_keyword(keyword) or 0, row.split(";")[0]
        if action == "U" or "113108 K" in row or keyword in {"PatientID", "ContentSequence"} or tag >> 16 == 2:
            continue
        name = f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
        yield from (
            ("-ma", f"{name}=") if action in {"Z", "Z/D", "X/Z"} and dictionary_VR(tag) != "SQ" else ("-ea", name)
        )


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), key=b"a secret of the recipe").hexdigest()


def _uid(old: str) -> str:
    return f"2.25.{int(_hashed(old)[:30], 16)}"


RECIPES = {"deid": with_deid, "dicom-anonymizer": with_dicom_anonymizer, "dcmodify": with_dcmodify}

if __name__ == "__main__":
    name, given, wanted = sys.argv[1:]
    Path(wanted).mkdir(parents=True, exist_ok=True)
    RECIPES[name](Path(given), Path(wanted))
