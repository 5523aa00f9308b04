"""What every object of a careless hospital carries, and what must become of each attribute."""

import random
from dataclasses import dataclass
from datetime import datetime

from bench.deidentification.people import Name, Patient
from bench.deidentification.planter import Planter, later
from bench.deidentification.vendors import Vendor

CODES = {"en": ("Chest CT", "CT CHEST W/O"), "ko": ("흉부 CT", "흉부")}


@dataclass(frozen=True)
class Study:
    """One visit of one patient."""

    patient: Patient
    number: int
    uid: str
    frame_uid: str
    studied_at: datetime
    accession: str
    study_id: str


@dataclass(frozen=True)
class Series:
    """A series and where its objects stand in it."""

    study: Study
    uid: str
    number: int
    modality: str
    vendor: Vendor


def identity(plant: Planter, study: Study) -> None:
    """The Patient and Patient Study modules."""
    patient = study.patient
    plant.remove("PatientName", _name(plant, patient), "name")
    plant.put(PatientID=patient.patient_id)
    plant.ask("text_removed", "PatientID", patient.patient_id, category="patient number")
    plant.ask("patid_consistent", "PatientID", patient.patient_id, category="patient number")
    plant.remove("PatientBirthDate", f"{patient.born_on:%Y%m%d}", "birth date")
    plant.keep("PatientSex", patient.sex, "patient characteristics")
    _age(plant, patient.age_at(study.studied_at))
    plant.keep("PatientSize", f"{plant.story.chance.uniform(1.4, 1.95):.2f}", "patient characteristics")
    plant.keep("PatientWeight", f"{plant.story.chance.uniform(40, 110):.1f}", "patient characteristics")
    _issuer(plant, patient)
    for draw in plant.story.chance.sample(PERSONAL, k=7):
        draw(plant, patient)


def _name(plant: Planter, patient: Patient) -> str:
    """All three groups; in some objects the hangul alone, so that no header tells the Latin form."""
    name = patient.name
    if not name.hangul:
        return name.latin
    if not plant.story.fits(name.person_name):
        return name.latin
    return f"=={name.family_hangul}^{name.given_hangul}" if patient.number % 6 == 5 else name.person_name


def _age(plant: Planter, age: str) -> None:
    if age < "090Y":
        plant.keep("PatientAge", age, "patient characteristics")
    else:  # the HIPAA safe harbour pools them: 45 CFR 164.514(b)(2)(i)(C)
        plant.put(PatientAge=age)
        if age != "090Y":
            plant.ask("text_removed", "PatientAge", age, category="age over 89", row="45 CFR 164.514(b)(2)(i)(C)")


def _resident(plant: Planter, patient: Patient) -> None:
    plant.remove("OtherPatientIDs", [patient.resident_number, patient.other_id], "resident number")


def _issuer(plant: Planter, patient: Patient) -> None:
    """Half of the hospitals write it; one patient in eight has objects with it and objects without."""
    mixed = patient.number % 8 == 7 and plant.story.chance.random() < 0.5
    if patient.number % 2 and not mixed:
        plant.remove("IssuerOfPatientID", patient.hospital.ae_title, "institution")


def _phone(plant: Planter, patient: Patient) -> None:
    plant.remove("PatientTelephoneNumbers", [patient.telephone, patient.home_telephone], "telephone")


def _address(plant: Planter, patient: Patient) -> None:
    if plant.story.fits(patient.address):
        plant.remove("PatientAddress", patient.address, "address")


def _mother(plant: Planter, patient: Patient) -> None:
    plant.remove("PatientMotherBirthName", _staff_name(plant, patient.mother), "name")


def _other_names(plant: Planter, patient: Patient) -> None:
    plant.remove("OtherPatientNames", patient.name.latin.upper(), "name")


def _insurance(plant: Planter, patient: Patient) -> None:
    plant.remove("InsurancePlanIdentification", patient.insurance, "patient number")


def _other_ids(plant: Planter, patient: Patient) -> None:
    item = plant.item("OtherPatientIDsSequence")
    item.remove("PatientID", patient.other_id, "patient number")
    item.put(TypeOfPatientID="TEXT")
    item.remove("IssuerOfPatientID", patient.hospital.ae_title, "institution")


def _telecom(plant: Planter, patient: Patient) -> None:
    plant.remove("PatientTelecomInformation", patient.mail, "e-mail")


def _characteristics(plant: Planter, patient: Patient) -> None:
    plant.keep("SmokingStatus", plant.story.chance.choice(("YES", "NO", "UNKNOWN")), "patient characteristics")
    if patient.sex == "F":
        plant.keep("PregnancyStatus", 4, "patient characteristics")


def _comments(plant: Planter, patient: Patient) -> None:
    plant.clean("PatientComments", most=200)


def _history(plant: Planter, patient: Patient) -> None:
    plant.clean("AdditionalPatientHistory", most=200)


def _alerts(plant: Planter, patient: Patient) -> None:
    plant.clean("MedicalAlerts")
    plant.clean("Allergies")


def _religion(plant: Planter, patient: Patient) -> None:
    plant.remove("PatientReligiousPreference", "Society of Friends", "personal")
    plant.remove("MilitaryRank", "SERGEANT MAJOR", "personal")


PERSONAL = (
    _resident, _phone, _address, _mother, _other_names, _insurance, _other_ids, _telecom, _characteristics,
    _comments, _history, _alerts, _religion,
)  # fmt: skip


def _staff_name(plant: Planter, name: Name) -> str:
    whole, latin = name.person_name, name.latin
    return whole if plant.story.fits(whole) else latin


def visit(plant: Planter, study: Study, at: datetime) -> None:
    """The General Study module and what the order and the visit leave in an image."""
    plant.new_uid("StudyInstanceUID", study.uid)
    plant.moment(study.studied_at, "StudyDate", "StudyTime")
    plant.remove("AccessionNumber", study.accession, "accession number")
    plant.remove("StudyID", study.study_id, "study number")
    plant.clean("StudyDescription")
    staff = study.patient.staff
    plant.remove("ReferringPhysicianName", _staff_name(plant, staff["referring"]), "staff")
    if plant.story.chance.random() < 0.5:
        plant.remove("PhysiciansOfRecord", _staff_name(plant, staff["reading"]), "staff")
        plant.remove("NameOfPhysiciansReadingStudy", _staff_name(plant, staff["reading"]), "staff")
    if plant.story.chance.random() < 0.5:
        plant.clean("AdmittingDiagnosesDescription")
    for draw in plant.story.chance.sample(ORDER, k=3):
        draw(plant, study, at)


def _request(plant: Planter, study: Study, at: datetime) -> None:
    item = plant.item("RequestAttributesSequence")
    item.clean("RequestedProcedureDescription")
    item.remove("RequestedProcedureID", study.accession, "accession number")
    item.clean("ReasonForTheRequestedProcedure")
    item.clean("ScheduledProcedureStepDescription")
    item.remove("ScheduledProcedureStepID", f"SPS{study.accession}", "accession number")


def _performed(plant: Planter, study: Study, at: datetime) -> None:
    plant.moment(study.studied_at, "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime")
    plant.remove("PerformedProcedureStepID", f"PPS{study.accession}", "accession number")
    plant.clean("PerformedProcedureStepDescription")
    plant.clean("CommentsOnThePerformedProcedureStep", most=200)


def _requested(plant: Planter, study: Study, at: datetime) -> None:
    plant.clean("RequestedProcedureDescription")
    plant.remove("RequestingPhysician", _staff_name(plant, study.patient.staff["requesting"]), "staff")
    plant.remove("RequestingService", study.patient.hospital.english, "institution")
    plant.clean("ReasonForStudy")


def _admission(plant: Planter, study: Study, at: datetime) -> None:
    plant.remove("AdmissionID", f"ADM{study.study_id}", "patient number")
    plant.day(later(study.studied_at, -86400 * 3), "AdmittingDate")
    plant.remove("CurrentPatientLocation", study.patient.hospital.ward, "institution")
    if not plant.story.fits(study.patient.hospital.ward):
        plant.dataset.CurrentPatientLocation = "W7"


def _referred(plant: Planter, study: Study, at: datetime) -> None:
    item = plant.item("ReferringPhysicianIdentificationSequence")
    item.remove("InstitutionName", study.patient.hospital.english, "institution")
    item.remove("PersonTelephoneNumbers", study.patient.hospital.telephone, "telephone")
    code = item.item("PersonIdentificationCodeSequence")
    code.put(CodeValue="STAFF", CodingSchemeDesignator="99LOCAL")
    code.remove("CodeMeaning", study.patient.staff["referring"].latin.replace("^", " "), "staff")


def _study_comments(plant: Planter, study: Study, at: datetime) -> None:
    plant.clean("StudyComments", most=300)


def _original(plant: Planter, study: Study, at: datetime) -> None:
    """What a merge of two patients' folders leaves: the name and the number that an object had before."""
    item = plant.item("OriginalAttributesSequence")
    item.put(AttributeModificationDateTime=f"{at:%Y%m%d%H%M%S}", ModifyingSystem="PACS", SourceOfPreviousValues="")
    item.put(ReasonForTheAttributeModification="COERCE")
    old = item.item("ModifiedAttributesSequence")
    old.remove("PatientName", study.patient.name.latin, "name")
    old.remove("PatientID", study.patient.other_id, "patient number")


def _references(plant: Planter, study: Study, at: datetime) -> None:
    item = plant.item("ReferencedStudySequence")
    item.put(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1")
    item.remove("ReferencedSOPInstanceUID", f"{study.uid}.77", "UID")
    step = plant.item("ReferencedPerformedProcedureStepSequence")
    step.put(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.3")
    step.remove("ReferencedSOPInstanceUID", f"{study.uid}.78", "UID")


ORDER = (_request, _performed, _requested, _admission, _referred, _study_comments, _original, _references)


def equipment(plant: Planter, series: Series) -> None:
    """The General Equipment module: the maker stays, the place and the number of the machine go."""
    hospital, vendor = series.study.patient.hospital, series.vendor
    plant.keep("Manufacturer", vendor.manufacturer, "equipment")
    plant.keep("ManufacturerModelName", vendor.model, "equipment")
    plant.keep("SoftwareVersions", vendor.software, "equipment")
    name = hospital.name if plant.story.fits(hospital.name) else hospital.english
    plant.remove("InstitutionName", name if plant.story.korean else hospital.english, "institution")
    if plant.story.fits(hospital.address):
        plant.remove("InstitutionAddress", hospital.address, "address")
    plant.remove("StationName", hospital.station, "institution")
    plant.remove("DeviceSerialNumber", hospital.serial, "device")
    blanks = _blanks(series.study)
    block = plant.story.chance.choice((0x10, 0x10, 0x11, 0x20, 0xE1))
    for element in vendor.safe:
        plant.private(element, blanks, safe=True, block=block)
    for element in vendor.unsafe:
        plant.private(element, blanks, safe=False, block=block)


def _blanks(study: Study) -> dict[str, str]:
    patient = study.patient
    return {
        "name": patient.name.latin.replace("^", " "), "id": patient.patient_id, "rrn": patient.resident_number,
        "doctor": patient.staff["performing"].latin.replace("^", " "), "phone": patient.telephone,
        "station": patient.hospital.station, "hospital": patient.hospital.english,
        "date": f"{study.studied_at:%Y%m%d}",
    }  # fmt: skip


def in_series(plant: Planter, series: Series, at: datetime, instance_number: int) -> None:
    """The General Series module and the numbers that tell one output from another."""
    staff = series.study.patient.staff
    plant.keep("Modality", series.modality)
    plant.new_uid("SeriesInstanceUID", series.uid)
    plant.keep("SeriesNumber", series.number, "numbering")
    plant.keep("InstanceNumber", instance_number, "numbering")
    plant.moment(at, "SeriesDate", "SeriesTime")
    plant.clean("SeriesDescription")
    plant.remove("PerformingPhysicianName", _staff_name(plant, staff["performing"]), "staff")
    plant.remove("OperatorsName", _staff_name(plant, staff["operator"]), "staff")
    if plant.story.chance.random() < 0.6:
        plant.clean("ProtocolName")


def acquired(plant: Planter, at: datetime, chance: random.Random) -> None:
    """When an image came to be, and what was remarked."""
    plant.moment(at, "AcquisitionDate", "AcquisitionTime")
    plant.moment(later(at, 1), "ContentDate", "ContentTime")
    plant.date_time(at, "AcquisitionDateTime")
    if chance.random() < 0.5:
        plant.moment(later(at, 2), "InstanceCreationDate", "InstanceCreationTime")
    if chance.random() < 0.6:
        plant.clean("ImageComments", most=300)
    if chance.random() < 0.3:
        plant.clean("AcquisitionComments", most=200)
