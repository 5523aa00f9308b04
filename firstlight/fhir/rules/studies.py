"""A de-identified study as an ImagingStudy; its patient is a pseudonym and nothing more."""

from dataclasses import dataclass
from datetime import date, datetime

from firstlight.fhir.rules.elements import Resource, instant, narrative

DCM = "http://dicom.nema.org/resources/ontology/DCM"
UIDS = "urn:dicom:uid"
CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"


@dataclass(frozen=True)
class InstanceRow:
    sop_instance_uid: str
    sop_class_uid: str
    instance_number: int | None


@dataclass(frozen=True)
class SeriesRow:
    series_instance_uid: str
    modality: str
    series_number: int | None
    description: str
    body_part_examined: str
    instance_count: int
    instances: tuple[InstanceRow, ...]


@dataclass(frozen=True)
class StudyRow:
    """A study as the depository keeps it; `outbreak` is a slug, "" for none."""

    study_instance_uid: str
    patient_id: str
    study_on: date | None
    description: str
    outbreak: str
    changed_at: datetime
    series: tuple[SeriesRow, ...]


def imaging_study(study: StudyRow, *, root: str) -> Resource:
    """The study with its series and instances, and where DICOMweb gives them."""
    modalities = list(dict.fromkeys(each.modality for each in study.series))
    identifier = {"system": UIDS, "value": f"urn:oid:{study.study_instance_uid}"}
    subject = {"system": f"{root}/fhir/NamingSystem/pseudonyms", "value": study.patient_id or "unknown"}
    return {
        "resourceType": "ImagingStudy",
        "id": study.study_instance_uid,
        "meta": {"lastUpdated": instant(study.changed_at)},
        "text": narrative(study.description or "Study", ", ".join(modalities)),
        "contained": [_endpoint(root)],
        "identifier": [identifier],
        "status": "available",
        "modality": [{"system": DCM, "code": each} for each in modalities],
        "subject": {"type": "Patient", "identifier": subject},
        "started": study.study_on.isoformat() if study.study_on else "",
        "endpoint": [{"reference": "#wado-rs"}],
        "numberOfSeries": len(study.series),
        "numberOfInstances": sum(each.instance_count for each in study.series),
        "description": study.description,
        "note": [{"text": "De-identified: dates are shifted and the patient's identifier is a pseudonym."}],
        "series": [_series(each) for each in study.series],
    }


def _endpoint(root: str) -> Resource:
    return {
        "resourceType": "Endpoint",
        "id": "wado-rs",
        "status": "active",
        "connectionType": {"system": CONNECTION, "code": "dicom-wado-rs"},
        "payloadType": [{"text": "DICOM WADO-RS"}],
        "payloadMimeType": ["application/dicom"],
        "address": f"{root}/dicom-web",
    }


def _series(series: SeriesRow) -> Resource:
    return {
        "uid": series.series_instance_uid,
        "number": _number(series.series_number),
        "modality": {"system": DCM, "code": series.modality or "OT"},
        "description": series.description,
        "numberOfInstances": series.instance_count,
        "bodySite": {"display": series.body_part_examined} if series.body_part_examined else None,
        "instance": [
            {
                "uid": each.sop_instance_uid,
                "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{each.sop_class_uid}"},
                "number": _number(each.instance_number),
            }
            for each in series.instances
        ],
    }


def _number(given: int | None) -> int | None:
    """DICOM's numbers may be negative, FHIR's unsignedInt may not."""
    return given if given is not None and given >= 0 else None
