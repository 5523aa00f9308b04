"""Written phantoms are complete DICOM objects with identity planted in them, in an order no name betrays."""

import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from firstlight.phantoms import Lesion, Patient, chest_ct, planted_identity, write_ct_series, write_radiograph
from tests.conftest import missing

PATIENT = Patient(seed=21, sex="F", age_years=52)
IDENTITY = planted_identity(21, sex="F")
STUDIED_AT = datetime(2020, 2, 14, 9, 30, 5, tzinfo=UTC)
SMALL = {"slices": 12, "slice_thickness_mm": 20.0, "rows": 48, "pixel_spacing_mm": 7.4}


@pytest.fixture(scope="module")
def ct_files(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("ct")
    return write_ct_series(folder, PATIENT, [], IDENTITY, studied_at=STUDIED_AT, **SMALL)


@pytest.fixture(scope="module", params=["DX MONOCHROME2", "DX MONOCHROME1", "CR MONOCHROME2"])
def radiograph_file(request, tmp_path_factory) -> Path:
    modality, photometric = request.param.split()
    return write_radiograph(
        tmp_path_factory.mktemp("xr"), PATIENT, [], IDENTITY,
        studied_at=STUDIED_AT, modality=modality, photometric=photometric, rows=64, columns=56,
    )  # fmt: skip


def in_slice_order(paths: list[Path]) -> list[Dataset]:
    return sorted(map(dcmread, paths), key=lambda image: -image.ImagePositionPatient[2])


def test_every_slice_is_written_with_even_spacing_and_running_numbers(ct_files):
    images = in_slice_order(ct_files)
    steps = np.diff([float(image.ImagePositionPatient[2]) for image in images])
    assert len(images) == 12
    assert np.allclose(steps, -20.0)
    assert [image.InstanceNumber for image in images] == list(range(1, 13))
    assert len({image.SeriesInstanceUID for image in images}) == 1
    assert len({image.FrameOfReferenceUID for image in images}) == 1
    assert len({image.SOPInstanceUID for image in images}) == 12


def test_stored_pixels_rescale_to_the_phantom(ct_files):
    volume = chest_ct(PATIENT, **SMALL)
    images = in_slice_order(ct_files)
    restored = np.stack([im.pixel_array * float(im.RescaleSlope) + float(im.RescaleIntercept) for im in images])
    assert np.array_equal(restored, volume)


def test_windows_for_lung_and_mediastinum(ct_files):
    image = dcmread(ct_files[0])
    assert list(image.WindowCenter) == [-600, 40]
    assert list(image.WindowWidth) == [1500, 400]


def test_file_names_tell_neither_order_nor_person(ct_files):
    by_name = [dcmread(path).InstanceNumber for path in sorted(ct_files)]
    assert by_name != sorted(by_name)
    assert by_name != sorted(by_name, reverse=True)
    for path in ct_files:
        assert not any(text and text in path.name for text in IDENTITY.texts())


def test_bytes_are_the_same_every_time(ct_files, tmp_path):
    again = write_ct_series(tmp_path, PATIENT, [], IDENTITY, studied_at=STUDIED_AT, **SMALL)
    assert [path.name for path in again] == [path.name for path in ct_files]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in ct_files]


def test_another_study_of_the_same_patient_shares_no_uid(ct_files, tmp_path):
    later = write_ct_series(
        tmp_path, PATIENT, [Lesion("consolidation", "RLL")], IDENTITY, studied_at=STUDIED_AT.replace(day=20), **SMALL
    )
    first, second = dcmread(ct_files[0]), dcmread(later[0])
    assert first.StudyInstanceUID != second.StudyInstanceUID
    assert first.PatientID == second.PatientID


def values(dataset: Dataset) -> set[str]:
    return {str(part) for element in dataset.iterall() if element.VR != "SQ"
            for part in (element.value if element.VM > 1 else [element.value])}  # fmt: skip


@pytest.mark.parametrize("character_set", ["ISO 2022 IR 149", "ISO_IR 192"])
def test_identity_is_planted_and_reads_back_in_either_character_set(tmp_path, character_set):
    path, = write_ct_series(
        tmp_path, PATIENT, [], IDENTITY, studied_at=STUDIED_AT,
        **{**SMALL, "slices": 1}, character_set=character_set,
    )  # fmt: skip
    image = dcmread(path)
    image.decode()
    found = values(image)
    for planted in (
        IDENTITY.patient_name, IDENTITY.patient_id, IDENTITY.resident_number, IDENTITY.telephone, IDENTITY.address,
        IDENTITY.referring_physician, IDENTITY.institution, IDENTITY.accession_number,
        IDENTITY.device_serial_number, IDENTITY.private_text,
    ):  # fmt: skip
        assert planted in found
    assert image.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientName == IDENTITY.patient_name
    assert image.PatientName.ideographic
    assert image.PatientName.phonetic
    assert IDENTITY.referring_physician.split("^", maxsplit=1)[0] in image.StudyDescription


def test_identities_differ_by_seed_and_follow_sex_and_birth_date():
    assert planted_identity(1) == planted_identity(1)
    assert len({planted_identity(seed).patient_id for seed in range(200)}) == 200
    chosen = planted_identity(5, sex="F", born_on=date(1961, 4, 3))
    assert chosen.resident_number.startswith("610403-2")


def test_no_resident_number_has_a_right_check_digit():
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    for seed in range(300):
        digits = [int(d) for d in planted_identity(seed).resident_number.replace("-", "")]
        right = (11 - sum(d * w for d, w in zip(digits, weights, strict=False)) % 11) % 10
        assert digits[12] != right


def test_radiograph_is_twelve_bits_and_inverts_for_monochrome1(radiograph_file):
    image = dcmread(radiograph_file)
    pixels = image.pixel_array.astype(int)
    brightness = pixels if image.PhotometricInterpretation == "MONOCHROME2" else 4095 - pixels
    assert image.BitsStored == 12
    assert brightness[:6].mean() < brightness[47:60, 14:42].mean()
    assert image.PatientOrientation == ["L", "F"]


def test_an_unknown_modality_is_refused(tmp_path):
    with pytest.raises(ValueError, match="DX or CR"):
        write_radiograph(tmp_path, PATIENT, [], IDENTITY, studied_at=STUDIED_AT, modality="MR")


def complaints(path: Path) -> list[str]:
    if shutil.which("dciodvfy") is None:
        missing("dciodvfy (Debian package dicom3tools)")
    report = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace", check=False)
    said = (report.stdout + report.stderr).splitlines()
    assert any("Image" in line for line in said)
    return [line for line in said if line.startswith("Error")]


@pytest.mark.interop
def test_ct_is_a_valid_object(ct_files):
    assert complaints(ct_files[0]) == []


@pytest.mark.interop
def test_radiograph_is_a_valid_object(radiograph_file):
    assert complaints(radiograph_file) == []
