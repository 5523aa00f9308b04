"""Small identified DICOM objects with planted, invented identity; the same bytes in every run."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

ROOT = "1.2.410.200010.99"


@dataclass(frozen=True)
class Patient:
    """An invented patient with every identifier a hospital would write."""

    name: str = "Hong^Gildong=洪^吉洞=홍^길동"
    patient_id: str = "19283746"
    resident_number: str = "850101-1234568"
    birth_date: str = "19850101"
    sex: str = "M"
    age: str = "035Y"
    phone: str = "010-9876-5432"
    address: str = "서울특별시 종로구 대학로 101"


HONG = Patient()
KIM = Patient(
    "Kim^Yuna=金^妍兒=김^연아",
    "55667788",
    "900905-2345678",
    "19900905",
    "F",
    "029Y",
    "010-1111-2222",
    "부산 해운대구 1",
)
INSTITUTION = "가온누리병원"
PHYSICIAN = "Seo^Jaepil=徐^載弼=서^재필"
OPERATOR = "Yun^Bonggil=尹^奉吉=윤^봉길"
ACCESSION = "A20200220777"
STATION = "CT7-ROOM3"
SERIAL = "SN-0099887"
PRIVATE_TEXT = "담당의 서재필 내선 7788-4321"

PLANTED = (
    "Hong", "Gildong", "洪", "吉洞", "홍", "길동", "19283746", "850101", "1234568", "19850101", "9876-5432",
    "서울", "종로", "대학로", "가온누리", "Jaepil", "載弼", "재필", "Bonggil", "奉吉", "봉길", "20200220777",
    "CT7-ROOM3", "0099887", "7788-4321", "GAONPACS", "20200220",
)  # fmt: skip


def identified_ct(
    slice_number: int = 1,
    *,
    patient: Patient = HONG,
    study: int = 1,
    series: int = 2,
    size: int = 16,
    study_date: str = "20200220",
    character_set: str | list[str] = "ISO_IR 192",
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    **changes: Any,
) -> FileDataset:
    """One axial chest CT slice of a series of 1.25 mm, as a hospital's scanner would write it."""
    dataset = _identified(
        CTImageStorage, patient, study, series, slice_number, study_date, character_set, transfer_syntax_uid
    )
    dataset.update(_ct_acquisition(slice_number))
    _pixels(dataset, size, signed=True)
    return _changed(dataset, changes)


def identified_radiograph(
    *,
    patient: Patient = HONG,
    study: int = 3,
    size: int = 16,
    study_date: str = "20200219",
    character_set: str | list[str] = "ISO_IR 192",
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    **changes: Any,
) -> FileDataset:
    """One posteroanterior chest radiograph."""
    dataset = _identified(
        ComputedRadiographyImageStorage, patient, study, 1, 1, study_date, character_set, transfer_syntax_uid
    )
    dataset.Modality = "CR"
    dataset.SeriesDescription = "CHEST PA"
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = "PA"
    dataset.PatientOrientation = ["L", "F"]
    dataset.PixelSpacing = [0.15, 0.15]
    dataset.ImagerPixelSpacing = [0.15, 0.15]
    _pixels(dataset, size, signed=False)
    return _changed(dataset, changes)


def as_bytes(dataset: FileDataset) -> bytes:
    """The object as the bytes of its file."""
    file = io.BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def write_series(folder: Path, slices: int = 5, **given: Any) -> list[Path]:
    """A CT series as files named after the patient, as exports do."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"IM{number:04d}" for number in range(1, slices + 1)]
    for number, path in enumerate(paths, 1):
        path.write_bytes(as_bytes(identified_ct(number, **given)))
    return paths


def uid(*numbers: int) -> str:
    """One of the invented hospital's UIDs."""
    return ".".join((ROOT, *map(str, numbers)))


def _identified(
    sop_class_uid: str,
    patient: Patient,
    study: int,
    series: int,
    number: int,
    study_date: str,
    character_set: str | list[str],
    transfer_syntax_uid: str,
) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class_uid
    meta.MediaStorageSOPInstanceUID = uid(study, series, number)
    meta.TransferSyntaxUID = transfer_syntax_uid
    meta.ImplementationClassUID = uid(99)
    meta.SourceApplicationEntityTitle = "GAONPACS"
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"HONG GILDONG".ljust(128, b"\0"))
    dataset.SpecificCharacterSet = character_set
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = uid(study, series, number)
    dataset.StudyInstanceUID = uid(study)
    dataset.SeriesInstanceUID = uid(study, series)
    dataset.FrameOfReferenceUID = uid(study, 0)
    dataset.SeriesNumber = series
    dataset.InstanceNumber = number
    _dates(dataset, study_date)
    _people(dataset, patient)
    _hospital(dataset, patient, study)
    return dataset


def _dates(dataset: Dataset, study_date: str) -> None:
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(dataset, keyword, study_date)
    for keyword in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"):
        setattr(dataset, keyword, "093015")
    dataset.AcquisitionDateTime = f"{study_date}093015.25+0900"


def _people(dataset: Dataset, patient: Patient) -> None:
    dataset.PatientName = patient.name
    dataset.PatientID = patient.patient_id
    dataset.IssuerOfPatientID = "GAON"
    dataset.PatientBirthDate = patient.birth_date
    dataset.PatientSex = patient.sex
    dataset.PatientAge = patient.age
    dataset.PatientWeight = "70"
    dataset.PatientAddress = patient.address
    dataset.PatientTelephoneNumbers = patient.phone
    dataset.OtherPatientIDs = patient.resident_number
    dataset.PatientComments = f"{patient.name.split('=')[-1]} {patient.resident_number} {patient.phone}"
    dataset.ReferringPhysicianName = PHYSICIAN
    dataset.OperatorsName = OPERATOR
    dataset.PerformingPhysicianName = PHYSICIAN


def _hospital(dataset: Dataset, patient: Patient, study: int) -> None:
    dataset.AccessionNumber = ACCESSION
    dataset.StudyID = "777"
    dataset.InstitutionName = INSTITUTION
    dataset.InstitutionAddress = patient.address
    dataset.StationName = STATION
    dataset.DeviceSerialNumber = SERIAL
    dataset.Manufacturer = "SIEMENS"
    dataset.ManufacturerModelName = "SOMATOM Definition AS+"
    dataset.SoftwareVersions = "syngo CT VA48A"
    dataset.StudyDescription = f"흉부 CT {patient.name.split('=')[-1].replace('^', '')} {patient.patient_id}"
    request = Dataset()
    request.RequestedProcedureDescription = f"CHEST CT {patient.resident_number}"
    request.RequestedProcedureID = ACCESSION
    request.ReferringPhysicianName = PHYSICIAN
    dataset.RequestAttributesSequence = Sequence([request])
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = CTImageStorage
    referenced.ReferencedSOPInstanceUID = uid(study, 1, 1)
    dataset.ReferencedImageSequence = Sequence([referenced])
    block = dataset.private_block(0x0029, "GAON PACS 1.0", create=True)
    block.add_new(0x01, "LO", PRIVATE_TEXT)
    nested = Dataset()
    nested.PatientName = patient.name
    block.add_new(0x02, "SQ", Sequence([nested]))


def _ct_acquisition(slice_number: int) -> Dataset:
    dataset = Dataset()
    dataset.Modality = "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SeriesDescription = "LUNG 1.25mm B70f"
    dataset.ProtocolName = "CHEST ROUTINE"
    dataset.BodyPartExamined = "CHEST"
    dataset.ConvolutionKernel = "B70f"
    dataset.KVP = "120"
    dataset.XRayTubeCurrent = 210
    dataset.SliceThickness = "1.25"
    dataset.PatientPosition = "HFS"
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [-160, -160, -100 + 1.25 * slice_number]
    dataset.PositionReferenceIndicator = ""
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.RescaleIntercept = "-1024"
    dataset.RescaleSlope = "1"
    dataset.RescaleType = "HU"
    dataset.WindowCenter = "-600"
    dataset.WindowWidth = "1500"
    return dataset


def _pixels(dataset: Dataset, size: int, *, signed: bool) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = int(signed)
    count = size * size
    row = struct.pack(f"<{size}h", *((column * 37) % 1000 for column in range(size)))
    dataset.add_new(0x7FE00010, "OW", (row * size)[: 2 * count])


def _changed(dataset: FileDataset, changes: dict[str, Any]) -> FileDataset:
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


__all__ = [
    "ACCESSION", "HONG", "KIM", "PLANTED", "ImplicitVRLittleEndian", "Patient", "as_bytes", "identified_ct",
    "identified_radiograph", "uid", "write_series",
]  # fmt: skip
