import pytest

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.scan import DOUBTS, scan, strip
from tests.phantoms import as_bytes, identified_ct

PROFILE = Profile.load()
KEY = SiteKey.from_bytes(b"0123456789abcdef")


def deidentified():
    return read_instance(deidentify_bytes(as_bytes(identified_ct()), profile=PROFILE, key=KEY).content)


def test_an_identified_file_neither_claims_nor_passes():
    found = scan(identified_ct(), profile=PROFILE)
    assert not found.claims_deidentified
    assert {"patient-name", "birth-date", "person-name"} <= {*found.doubts}
    assert {0x00080080, 0x00101040, 0x00290010, 0x00081030} <= {*found.strip}
    assert {*found.doubts} <= {*DOUBTS}


@pytest.mark.parametrize(
    ("keyword", "value", "doubt"),
    [
        ("PatientName", "Kim^Yuna", "patient-name"),
        ("PatientBirthDate", "19900905", "birth-date"),
        ("ReferringPhysicianName", "Seo^Jaepil", "person-name"),
        ("BurnedInAnnotation", "YES", "burned-in-annotation"),
        ("ImageType", ["DERIVED", "SCREEN SAVE"], "doubtful-pixels"),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7", "doubtful-pixels"),
        ("SOPClassUID", "1.2.3", "unknown-sop-class"),
        ("PatientID", "850101-1234568", "patient-id"),
    ],
)
def test_each_doubt(keyword, value, doubt):
    dataset = deidentified()
    setattr(dataset, keyword, value)
    assert doubt in scan(dataset, profile=PROFILE).doubts


def test_stripping_leaves_nothing_to_strip_and_the_image_whole():
    dataset = deidentified()
    before = dataset.PixelData
    dataset.InstitutionName = "가온누리병원"
    dataset.SeriesDescription = "CHEST Kim"
    dataset.AccessionNumber = "A1"
    dataset.ReferencedImageSequence[0].PatientID = "1"
    dataset.private_block(0x0029, "GAON", create=True).add_new(1, "LO", "x")
    found = scan(dataset, profile=PROFILE)
    assert {0x00080080, 0x0008103E, 0x00080050, 0x00100020, 0x00290010, 0x00291001} == {*found.strip}
    strip(dataset, found.strip)
    assert scan(dataset, profile=PROFILE).strip == ()
    assert dataset.SeriesDescription == "CHEST"
    assert dataset.PatientID == str(dataset.PatientName) != ""
    assert dataset.PixelData == before


def test_the_archives_files_have_nothing_doubtful(shared_data):
    for folder in ("ct_ricord", "ct_nysbu"):
        for path in sorted((shared_data / folder).rglob("*.dcm"))[::20]:
            dataset = read_instance(path)
            found = scan(dataset, profile=PROFILE)
            assert found.claims_deidentified
            assert found.doubts == ()
            strip(dataset, found.strip)
            assert scan(dataset, profile=PROFILE).strip == ()
