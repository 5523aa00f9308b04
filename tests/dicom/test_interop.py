"""What other programs say of the results."""

import re
import shutil
import subprocess

import pytest

from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.pixels import PixelVerdict
from firstlight.dicom.profile import Profile
from tests.conftest import missing
from tests.dicom.test_objects import OBJECTS
from tests.phantoms import as_bytes, identified_ct, identified_radiograph

pytestmark = pytest.mark.interop
KEY, PROFILE = SiteKey.from_bytes(b"0123456789abcdef"), Profile.load()


def clear(instance, identity):
    """Somebody who has looked and found nothing: what is compared here is the rest."""
    return PixelVerdict("clear", instance)


REAL = (
    "ct_ricord/001012_axial_248/1-216.dcm",
    "radiographs_dicom/highdicom/dx_image.dcm",
    "radiographs_dicom/nema_wg04/RG1_J2KI.dcm",
    "difficult_dicom/pydicom_test_files/CT_small.dcm",
    "difficult_dicom/pydicom_test_files/MR_small_bigendian.dcm",
    "difficult_dicom/pydicom_data/eCT_Supplemental.dcm",
    "difficult_dicom/pydicom_data/emri_small.dcm",
    "difficult_dicom/pydicom_data/emri_small_RLE.dcm",
    "difficult_dicom/pydicom_test_files/rtplan.dcm",
    "difficult_dicom/pydicom_test_files/test-SR.dcm",
    "difficult_dicom/pydicom_test_files/reportsi.dcm",
    "difficult_dicom/pydicom_test_files/SC_rgb_jpeg_gdcm.dcm",
    "difficult_dicom/pydicom_test_files/examples_overlay.dcm",
)


def installed(name):
    if shutil.which(name) is None:
        missing(name)
    return name


def pairs(tmp_path, shared_data):
    sources = {"ct": as_bytes(identified_ct()), "cr": as_bytes(identified_radiograph())}
    korean = as_bytes(identified_ct(character_set=["", "ISO 2022 IR 149"]))
    sources |= {name: as_bytes(make()) for name, make in OBJECTS.items()}
    sources |= {"korean": korean} | {name: (shared_data / name).read_bytes() for name in REAL}
    for number, data in enumerate(sources.values()):
        outcome = deidentify_bytes(data, profile=PROFILE, key=KEY, pixels=clear)
        assert (outcome.status, outcome.reason) == ("done", "")
        before, after = tmp_path / f"{number}-before.dcm", tmp_path / f"{number}-after.dcm"
        before.write_bytes(data)
        after.write_bytes(outcome.content)
        yield before, after


def test_dcmtk_reads_every_result(tmp_path, shared_data):
    dcmdump, dcmftest = installed("dcmdump"), installed("dcmftest")
    for _, after in pairs(tmp_path, shared_data):
        assert subprocess.run([dcmftest, after], check=False, capture_output=True).returncode == 0
        dumped = subprocess.run([dcmdump, "+E", after], check=False, capture_output=True)
        assert dumped.returncode == 0
        assert b"E:" not in dumped.stderr
        assert b"W:" not in dumped.stderr


def errors(path):
    said = subprocess.run(["dciodvfy", path], check=False, capture_output=True).stderr.decode("utf-8", "replace")
    # An error over a value is the same over the new value.
    values = r"<[^<>]*>$|UID [\d.]+|= <[^<>]*>|\b\d+(?:\.\d+){2,}|\s+"
    return {re.sub(values, " ", line).strip() for line in said.splitlines() if line.startswith("Error")}


def test_dciodvfy_finds_no_error_that_was_not_there(tmp_path, shared_data):
    installed("dciodvfy")
    assert [
        (before.name, new) for before, after in pairs(tmp_path, shared_data) if (new := errors(after) - errors(before))
    ] == []
