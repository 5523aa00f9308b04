"""What `includefield` names beyond what a search answers anyway (PS3.18 8.3.4.3), from the ready metadata."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from pydicom.datadict import tag_for_keyword

from firstlight.imaging.dicomweb.exchange import Asked, Refusal
from firstlight.imaging.dicomweb.metadata import documents_of, first_document
from firstlight.imaging.rules.matching import tag_path
from firstlight.imaging.settling import settle
from firstlight.rows import rows_of

ALL = "all"
JSON = dict[str, Any]
# PS3.3 C.7.1.1, C.7.1.3, C.7.2.1 to C.7.2.3: what a whole study has alike.
OF_STUDY = """
    PatientName PatientID IssuerOfPatientID TypeOfPatientID PatientBirthDate PatientSex OtherPatientIDsSequence
    PatientSpeciesDescription PatientSpeciesCodeSequence PatientBreedDescription EthnicGroup PatientComments
    PatientIdentityRemoved DeidentificationMethod DeidentificationMethodCodeSequence QualityControlSubject
    ClinicalTrialSponsorName ClinicalTrialProtocolID ClinicalTrialProtocolName ClinicalTrialSiteID
    ClinicalTrialSiteName ClinicalTrialSubjectID ClinicalTrialSubjectReadingID ClinicalTrialTimePointID
    ClinicalTrialTimePointDescription LongitudinalTemporalOffsetFromEvent LongitudinalTemporalEventType
    StudyInstanceUID StudyDate StudyTime StudyID AccessionNumber StudyDescription ReferringPhysicianName
    PhysiciansOfRecord NameOfPhysiciansReadingStudy ProcedureCodeSequence ReasonForPerformedProcedureCodeSequence
    AdmittingDiagnosesDescription AdmittingDiagnosesCodeSequence PatientAge PatientSize PatientWeight
    PatientBodyMassIndex MedicalAlerts Allergies SmokingStatus PregnancyStatus PatientState Occupation
    AdditionalPatientHistory TimezoneOffsetFromUTC LongitudinalTemporalInformationModified
"""
# PS3.3 C.7.3.1, C.7.3.2, C.7.4.1, C.7.5.1: what a whole series has alike.
OF_SERIES = """
    Modality SeriesInstanceUID SeriesNumber Laterality SeriesDate SeriesTime PerformingPhysicianName ProtocolName
    SeriesDescription SeriesDescriptionCodeSequence OperatorsName BodyPartExamined PatientPosition
    SmallestPixelValueInSeries LargestPixelValueInSeries RequestAttributesSequence PerformedProcedureStepID
    PerformedProcedureStepStartDate PerformedProcedureStepStartTime PerformedProcedureStepEndDate
    PerformedProcedureStepEndTime PerformedProcedureStepDescription PerformedProtocolCodeSequence
    CommentsOnThePerformedProcedureStep AnatomicalOrientationType ClinicalTrialCoordinatingCenterName
    ClinicalTrialSeriesID ClinicalTrialSeriesDescription FrameOfReferenceUID PositionReferenceIndicator Manufacturer
    InstitutionName InstitutionAddress StationName InstitutionalDepartmentName ManufacturerModelName
    DeviceSerialNumber SoftwareVersions GantryID SpatialResolution DateOfLastCalibration TimeOfLastCalibration
"""


def _tags(keywords: str) -> frozenset[str]:
    return frozenset(f"{tag:08X}" for tag in map(tag_for_keyword, keywords.split()) if tag is not None)


LEVELS = {"studies": _tags(OF_STUDY), "series": _tags(OF_STUDY + OF_SERIES)}


class Key(NamedTuple):
    """Whose attributes are meant: a study's or a series' by its number, an instance's by its series' and its UID."""

    level: str
    number: int
    sop_instance_uid: str = ""


def fields_asked(asked: Asked) -> frozenset[str]:
    """The attributes that are asked for, as tags with dots between them, and "all"; raises Refusal."""
    names = [each for name, value in asked.query if name == "includefield" for each in value.split(",") if each]
    return frozenset(_path(each.strip()) for each in names)


def _path(name: str) -> str:
    try:
        return ALL if name == ALL else tag_path(name)
    except ValueError:
        message = f"includefield: {name[:64]!r} is no attribute."
        raise Refusal(400, "This query cannot be answered", message) from None


def with_fields(asked: Asked, texts: Sequence[str], keys: Sequence[Key]) -> Sequence[str]:
    """The answers with what is asked for beyond what they hold."""
    wanted = fields_asked(asked)
    if not wanted or not texts:
        return texts
    documents = [orjson.loads(each) for each in texts]
    if ALL in wanted or any(each not in documents[0] for each in wanted):
        for document, source in zip(documents, _sources(keys[: len(texts)]), strict=True):
            document.update({tag: value for tag, value in _chosen(source, wanted, keys[0].level).items()
                             if tag not in document})  # fmt: skip
    return [orjson.dumps(dict(sorted(each.items()))).decode() for each in documents]


def _chosen(source: JSON, wanted: Iterable[str], level: str) -> JSON:
    """What of a data set is asked for; bulk data is never part of a search's answer."""
    found: JSON = {}
    for path in wanted:
        names = source if path == ALL else [path]
        for name in names:
            if path != ALL or name in LEVELS.get(level, source):
                found.update(_picked(source, name.split(".")))
    return {tag: element for tag, element in found.items() if "BulkDataURI" not in element}


def _picked(source: Mapping[str, Any], path: Sequence[str]) -> JSON:
    """The element at a path, with the sequences above it and nothing else in them."""
    tag, *below = path
    if tag not in source:
        return {}
    if not below:
        return {tag: source[tag]}
    items = [_picked(item, below) for item in source[tag].get("Value", ()) if isinstance(item, dict)]
    return {tag: {"vr": "SQ", "Value": items}} if any(items) else {}


def _sources(keys: Sequence[Key]) -> list[JSON]:
    """The DICOM JSON that stands for each: an instance's own, or the first image's of a study or series."""
    column = "study_id" if keys[0].level == "studies" else "id"
    sql = f"SELECT {column}, metadata_object FROM imaging_series WHERE {column} IN ({{places}}) ORDER BY id DESC"
    numbers = sorted({each.number for each in keys})
    waiting = f"SELECT id FROM imaging_series WHERE {column} IN ({{places}}) AND waiting_count > 0"
    settle(key for (key,) in rows_of(waiting, numbers))
    digests = {number: digest for number, digest in rows_of(sql, numbers) if digest}
    if keys[0].level != "instances":
        return [first_document(digests[each.number]) if each.number in digests else {} for each in keys]
    own = {
        (number, str(document["00080018"]["Value"][0])): document
        for number, digest in digests.items()
        for document in documents_of(digest)
    }
    return [own.get((each.number, each.sop_instance_uid), {}) for each in keys]
