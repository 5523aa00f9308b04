"""The hospital's side of the replay: images with an identity are made, and de-identified before anyone else sees them.

Nothing here knows the server: it runs in processes of its own.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from firstlight.dicom.folder import deidentify_folder
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.phantoms import planted_identity, write_ct_series, write_radiograph
from firstlight.replay.script import StudyScript
from firstlight.signing import signer_of

# The replay is the same on every machine, so its imaginary hospital's key is no secret.
HOSPITAL_KEY = b"the imaginary hospital of the replay"


@dataclass(frozen=True)
class Shipment:
    """What leaves the hospital: a study's de-identified instances, and its receipts."""

    instances: list[bytes]
    receipts: list[dict[str, Any]]


def ship(study: StudyScript, site: str = "") -> Shipment:
    """Make a study and de-identify it; the identified files are gone when this returns. `site` signs its receipt."""
    with TemporaryDirectory(prefix="firstlight-replay-") as folder:
        identified, clean, receipts = (Path(folder) / name for name in ("identified", "clean", "receipts"))
        identified.mkdir()
        _image(study, identified)
        key = SiteKey.from_bytes(HOSPITAL_KEY)
        signer = signer_of(SiteKey.from_bytes(HOSPITAL_KEY + site.encode()))
        deidentify_folder(identified, clean, profile=Profile.load(), key=key, receipts_dir=receipts, signer=signer)
        return Shipment(
            [path.read_bytes() for path in sorted(clean.rglob("*.dcm"))],
            [json.loads(path.read_text()) for path in sorted(receipts.rglob("*.json"))],
        )


def _image(study: StudyScript, folder: Path) -> None:
    identity = planted_identity(study.patient.seed)
    if study.modality == "CT":
        write_ct_series(
            folder,
            study.patient,
            study.lesions,
            identity,
            studied_at=study.studied_at,
            slices=study.slices,
            slice_thickness_mm=study.slice_thickness_mm,
        )
    else:
        write_radiograph(
            folder,
            study.patient,
            study.lesions,
            identity,
            studied_at=study.studied_at,
            modality=study.modality,
            view=study.view,
        )
