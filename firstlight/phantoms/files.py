"""Phantoms as DICOM files of a careless hospital: complete objects, identity planted in many places."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from firstlight.phantoms.identity import PlantedIdentity
from firstlight.phantoms.patients import Lesion, Patient
from firstlight.phantoms.radiograph import FIELD_MM, chest_radiograph
from firstlight.phantoms.tomography import CENTRE_Y_MM, START_MM, chest_ct

CharacterSet = Literal["ISO 2022 IR 149", "ISO_IR 192"]
_SCHEME: Final = "99IMAGINARY"


def write_ct_series(
    folder: Path,
    patient: Patient,
    lesions: Sequence[Lesion],
    identity: PlantedIdentity,
    *,
    studied_at: datetime,
    slices: int = 96,
    slice_thickness_mm: float = 3.0,
    rows: int = 512,
    pixel_spacing_mm: float = 0.7,
    character_set: CharacterSet = "ISO 2022 IR 149",
) -> list[Path]:
    """Write a chest CT, one file a slice, under names that do not tell the slices' order; sorted by name."""
    volume = chest_ct(
        patient, lesions, slices=slices, slice_thickness_mm=slice_thickness_mm, rows=rows,
        pixel_spacing_mm=pixel_spacing_mm,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, pixels in enumerate(volume):
        image = _study(patient, identity, studied_at, "CT", character_set)
        _ct_image(image, identity, pixels, index, thickness_mm=slice_thickness_mm, spacing_mm=pixel_spacing_mm)
        _acquisition_time(image, studied_at + timedelta(seconds=20 + 0.1 * index))
        _as_sop(image, CTImageStorage, index)
        paths.append(_write(folder, image))
    return sorted(paths)


def write_radiograph(
    folder: Path,
    patient: Patient,
    lesions: Sequence[Lesion],
    identity: PlantedIdentity,
    *,
    studied_at: datetime,
    modality: Literal["DX", "CR"] = "DX",
    photometric: Literal["MONOCHROME1", "MONOCHROME2"] = "MONOCHROME2",
    view: Literal["PA", "AP"] = "PA",
    rows: int = 2140,
    columns: int = 1760,
    character_set: CharacterSet = "ISO 2022 IR 149",
) -> Path:
    """Write a chest radiograph; the view is what its header says, the picture is the same."""
    if modality not in {"DX", "CR"} or photometric not in {"MONOCHROME1", "MONOCHROME2"}:
        raise ValueError("modality must be DX or CR, and photometric MONOCHROME1 or MONOCHROME2")
    pixels = chest_radiograph(patient, lesions, rows=rows, columns=columns)
    folder.mkdir(parents=True, exist_ok=True)
    image = _study(patient, identity, studied_at, modality, character_set)
    _projection_image(image, pixels, photometric)
    _view(image, view)
    _acquisition_time(image, studied_at + timedelta(seconds=20))
    if modality == "DX":
        _digital_xray(image, identity)
        _as_sop(image, DigitalXRayImageStorageForPresentation, 0)
    else:
        _computed_radiography(image)
        _as_sop(image, ComputedRadiographyImageStorage, 0)
    return _write(folder, image)


def _view(image: Dataset, view: str) -> None:
    image.ViewPosition = view
    image.SeriesDescription, image.ProtocolName = f"Chest {view}", f"CHEST {view}"


def _uid(*names: object) -> str:
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _item(**elements: Any) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _study(
    patient: Patient, identity: PlantedIdentity, studied_at: datetime, modality: str, character_set: CharacterSet
) -> Dataset:
    """Everything that the images of a series share."""
    image = Dataset()
    image.SpecificCharacterSet = ["", character_set] if character_set.startswith("ISO 2022") else character_set
    _patient_module(image, patient, identity)
    _study_module(image, patient, identity, studied_at, modality)
    _series_module(image, patient, identity, studied_at, modality)
    _equipment_module(image, identity, modality)
    _private_group(image, identity)
    return image


def _patient_module(image: Dataset, patient: Patient, identity: PlantedIdentity) -> None:
    image.PatientName = identity.patient_name
    image.PatientID = identity.patient_id
    image.IssuerOfPatientID = identity.institution_english
    image.PatientBirthDate = identity.born_on.strftime("%Y%m%d")
    image.PatientSex = patient.sex
    image.PatientAge = f"{patient.age_years:03d}Y"
    image.PatientSize = "1.60" if patient.sex == "F" else "1.72"
    image.PatientWeight = "58" if patient.sex == "F" else "71"
    image.OtherPatientIDsSequence = [
        _item(PatientID=identity.resident_number, IssuerOfPatientID="RRN", TypeOfPatientID="TEXT"),
        _item(PatientID=identity.other_patient_id, IssuerOfPatientID="IMAGINARY", TypeOfPatientID="TEXT"),
    ]
    image.OtherPatientNames = identity.patient_name.split("=", maxsplit=1)[0]
    image.PatientMotherBirthName = identity.mother_birth_name
    image.PatientAddress = identity.address
    image.PatientTelephoneNumbers = identity.telephone
    image.InsurancePlanIdentification = identity.insurance_plan
    image.PatientComments = f"{identity.patient_name_hangul} {identity.resident_number}"


def _study_module(
    image: Dataset, patient: Patient, identity: PlantedIdentity, studied_at: datetime, modality: str
) -> None:
    image.StudyInstanceUID = _uid(patient.seed, studied_at.isoformat(), modality, "study")
    image.StudyID = identity.accession_number[:8]
    image.StudyDate = studied_at.strftime("%Y%m%d")
    image.StudyTime = studied_at.strftime("%H%M%S")
    image.AccessionNumber = identity.accession_number
    image.ReferringPhysicianName = identity.referring_physician
    doctor = identity.referring_physician.split("=", maxsplit=1)[0].replace("^", " ")
    image.StudyDescription = f"Chest {modality}, req. by Dr. {doctor}"
    image.AdmittingDiagnosesDescription = f"pneumonia, {identity.patient_name_hangul}"
    image.NameOfPhysiciansReadingStudy = identity.performing_physician
    image.ReferringPhysicianIdentificationSequence = [
        _item(
            PersonIdentificationCodeSequence=[_code("DR-0001", _SCHEME, doctor)],
            PersonTelephoneNumbers=identity.telephone,
            InstitutionName=identity.institution,
        )
    ]
    image.ReferencedStudySequence = [
        _item(
            ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
            ReferencedSOPInstanceUID=_uid(patient.seed, "referenced"),
        )
    ]


def _series_module(
    image: Dataset, patient: Patient, identity: PlantedIdentity, studied_at: datetime, modality: str
) -> None:
    image.Modality = modality
    image.SeriesInstanceUID = _uid(patient.seed, studied_at.isoformat(), modality, "series")
    image.SeriesNumber = 1 if modality != "CT" else 3
    image.SeriesDate, image.SeriesTime = image.StudyDate, image.StudyTime
    image.SeriesDescription = "Chest"
    image.ProtocolName = f"CHEST ROUTINE {identity.patient_id}"
    image.BodyPartExamined = "CHEST"
    image.PerformingPhysicianName = identity.performing_physician
    image.OperatorsName = identity.operator
    image.PerformedProcedureStepID = identity.accession_number
    image.PerformedProcedureStepStartDate = image.StudyDate
    image.PerformedProcedureStepStartTime = image.StudyTime
    image.PerformedProcedureStepDescription = f"{identity.department} {identity.patient_name_hangul}"
    image.RequestAttributesSequence = [
        _item(
            RequestedProcedureID=identity.accession_number,
            ScheduledProcedureStepID=identity.accession_number,
            RequestedProcedureDescription=f"Chest for {identity.patient_name_hangul}",
            ScheduledProcedureStepDescription=identity.referring_physician.split("=")[-1],
            ReferencedStudySequence=image.ReferencedStudySequence,
        )
    ]
    image.OriginalAttributesSequence = [
        _item(
            SourceOfPreviousValues=identity.institution_english,
            AttributeModificationDateTime=studied_at.strftime("%Y%m%d%H%M%S"),
            ModifyingSystem=identity.station_name,
            ReasonForTheAttributeModification="CORRECT",
            ModifiedAttributesSequence=[_item(PatientName=identity.patient_name, PatientID=identity.resident_number)],
        )
    ]


def _equipment_module(image: Dataset, identity: PlantedIdentity, modality: str) -> None:
    image.Manufacturer = "Imaginary Devices"
    image.ManufacturerModelName = f"Phantom {modality}"
    image.InstitutionName = identity.institution
    image.InstitutionAddress = identity.institution_address
    image.InstitutionalDepartmentName = identity.department
    image.StationName = identity.station_name
    image.DeviceSerialNumber = identity.device_serial_number
    image.SoftwareVersions = "1.0"


def _private_group(image: Dataset, identity: PlantedIdentity) -> None:
    block = image.private_block(0x0011, "IMAGINARY RIS", create=True)
    block.add_new(0x01, "LT", identity.private_text)
    block.add_new(0x02, "PN", identity.patient_name)
    block.add_new(0x03, "LO", identity.resident_number)


def _acquisition_time(image: Dataset, acquired_at: datetime) -> None:
    image.AcquisitionDate = image.ContentDate = acquired_at.strftime("%Y%m%d")
    image.AcquisitionTime = image.ContentTime = acquired_at.strftime("%H%M%S.%f")


def _pixels(image: Dataset, pixels: npt.NDArray[Any], bits_stored: int, photometric: str) -> None:
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = photometric
    image.Rows, image.Columns = pixels.shape
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, bits_stored, bits_stored - 1
    image.PixelRepresentation = int(np.issubdtype(pixels.dtype, np.signedinteger))
    image.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()


def _ct_image(
    image: Dataset,
    identity: PlantedIdentity,
    pixels: npt.NDArray[np.int16],
    index: int,
    *,
    thickness_mm: float,
    spacing_mm: float,
) -> None:
    half = (pixels.shape[0] - 1) / 2 * spacing_mm
    z = -(START_MM + index * thickness_mm)
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.AcquisitionNumber, image.InstanceNumber = 1, index + 1
    image.FrameOfReferenceUID = _uid(image.StudyInstanceUID, "frame of reference")
    image.PositionReferenceIndicator = ""
    image.PatientPosition = "HFS"
    image.ImagePositionPatient = [f"{-half:.4f}", f"{CENTRE_Y_MM - half:.4f}", f"{z:.4f}"]
    image.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    image.SliceLocation = f"{z:.4f}"
    image.PixelSpacing = [f"{spacing_mm:.4f}"] * 2
    image.SliceThickness = image.SpacingBetweenSlices = f"{thickness_mm:.4f}"
    image.KVP, image.XRayTubeCurrent, image.ExposureTime = "120", 180, 500
    image.ConvolutionKernel = "B40"
    image.ImageComments = f"{identity.patient_name_hangul} {identity.patient_id}"
    _pixels(image, (pixels + np.int16(1024)).astype(np.uint16), 16, "MONOCHROME2")
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "-1024", "1", "HU"
    image.WindowCenter, image.WindowWidth = ["-600", "40"], ["1500", "400"]
    image.WindowCenterWidthExplanation = ["LUNG", "MEDIASTINUM"]


def _projection_image(image: Dataset, pixels: npt.NDArray[np.uint16], photometric: str) -> None:
    spacing = [f"{FIELD_MM[0] / pixels.shape[0]:.4f}", f"{FIELD_MM[1] / pixels.shape[1]:.4f}"]
    inverted = photometric == "MONOCHROME1"
    _pixels(image, np.uint16(4095) - pixels if inverted else pixels, 12, photometric)
    image.InstanceNumber = 1
    image.PatientOrientation = ["L", "F"]
    image.ImagerPixelSpacing = spacing
    image.KVP = "120"
    image.DistanceSourceToDetector = "1800"
    image.WindowCenter, image.WindowWidth = "2048", "4096"
    image.BurnedInAnnotation = "NO"
    image.LossyImageCompression = "00"


def _digital_xray(image: Dataset, identity: PlantedIdentity) -> None:
    image.ImageType = ["DERIVED", "PRIMARY", ""]
    image.PresentationIntentType = "FOR PRESENTATION"
    image.PresentationLUTShape = "INVERSE" if image.PhotometricInterpretation == "MONOCHROME1" else "IDENTITY"
    image.ImageLaterality = "U"
    image.AnatomicRegionSequence = [_code("51185008", "SCT", "Thorax")]
    image.PixelIntensityRelationship, image.PixelIntensityRelationshipSign = "LOG", -1
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "0", "1", "US"
    image.DetectorType = "SCINTILLATOR"
    image.DetectorID = identity.device_serial_number
    image.DetectorConfiguration = "AREA"
    image.PositionerType = "NONE"
    erect = _code("10904000", "SCT", "erect")
    from_behind = _code("399348003", "SCT", "postero-anterior")
    from_behind.ViewModifierCodeSequence = []
    image.PatientOrientationCodeSequence = [erect]
    image.ViewCodeSequence = [from_behind]
    image.AcquisitionContextSequence = []


def _computed_radiography(image: Dataset) -> None:
    image.ImageType = ["DERIVED", "PRIMARY"]
    image.CassetteSize = "35CMX43CM"
    image.PlateType = "IMAGINARY"


def _as_sop(image: Dataset, sop_class: str, index: int) -> None:
    image.SOPClassUID = sop_class
    image.SOPInstanceUID = _uid(image.SeriesInstanceUID, "instance", index)


def _write(folder: Path, image: Dataset) -> Path:
    """Write under a name drawn from the instance, which tells neither person nor order."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = image.SOPClassUID
    meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(_uid("firstlight phantoms"))
    meta.ImplementationVersionName = "PHANTOMS_1"
    image.file_meta = meta
    path = folder / f"{hashlib.sha256(image.SOPInstanceUID.encode()).hexdigest()[:12]}.dcm"
    dcmwrite(path, image, enforce_file_format=True)
    return path
