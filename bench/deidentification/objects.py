"""Objects of each kind: images of eight modalities, reports, presentation states, segmentations, structure sets."""

import io
import random
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
    XRayAngiographicImageStorage,
)

from bench.deidentification import images, ink
from bench.deidentification.encoded import COLOUR, COMMENTED, GREY, NATIVE, put_pixels
from bench.deidentification.headers import Series, Study, acquired, equipment, identity, in_series, visit
from bench.deidentification.key import Instance, Item
from bench.deidentification.phrases import Moment
from bench.deidentification.planter import Planter, Story, later
from bench.deidentification.vendors import CT_VENDORS, MR_VENDORS, PLAIN_VENDORS, PT_VENDORS, Vendor

CHARACTER_SETS = {
    "utf-8": ("ISO_IR 192", "utf-8"),
    "ir149": (["", "ISO 2022 IR 149"], "euc_kr"),
    "latin-1": ("ISO_IR 100", "iso8859-1"),
}


@dataclass
class Made:
    """An object ready to be written."""

    instance: Instance
    dataset: FileDataset
    items: list[Item]


@dataclass
class Maker:
    """Makes the objects of one study, in order."""

    study: Study
    chance: random.Random
    charset: str
    made: list[Made] = field(default_factory=list)
    series: int = 0

    def uid(self, *numbers: int) -> str:
        """A UID under the hospital's root, with the day in it as many machines write it."""
        day = f"{self.study.studied_at:%Y%m%d%H%M%S}"
        return ".".join((self.study.patient.hospital.uid_root, day, *map(str, numbers)))

    def begin(self, modality: str, vendors: tuple[Vendor, ...]) -> Series:
        """A new series; its number is drawn so that no other in the corpus has it."""
        self.series += 1
        number = (self.study.patient.number * 100 + self.study.number * 10 + self.series) * 7 + 10_001
        uid = self.uid(self.study.number, self.series, self.chance.randrange(10**6))
        return Series(self.study, uid, number, modality, self.chance.choice(vendors))

    def open(self, series: Series, sop_class_uid: str, number: int, kind: str, at: datetime) -> Planter:
        """A new object with everything that does not depend on its kind."""
        uid = f"{series.uid}.{number}"
        dataset = _empty(sop_class_uid, uid, self.study, self.chance)
        character_set, codec = CHARACTER_SETS[self.charset]
        dataset.SpecificCharacterSet = character_set
        story = Story(
            self.chance, self.study.patient, Moment(self.study.studied_at, self.study.accession),
            self.charset != "latin-1", codec,
        )  # fmt: skip
        name = f"{self.study.patient.number:03d}-{series.number}-{number}"
        plant = Planter(name, dataset, story, [])
        instance = Instance(
            name, f"{name}.dcm", self.study.patient.number, sop_class_uid, uid, series.number, number, kind
        )
        self.made.append(Made(instance, dataset, plant.items))
        _identify(plant, series, at, number, sop_class_uid, uid)
        return plant

    def close(self, plant: Planter) -> None:
        """What is asked of the whole object."""
        ask = {"category": f"whole object, {self.made[-1].instance.kind}"}
        plant.ask("file_present", "", row="every object that the profile knows", **ask)
        plant.ask("header_valid", "", row="PS3.3, as dciodvfy reads it", **ask)
        plant.ask(
            "intervals_exact", "", category="interval", row="113107: PS3.15 E.3.6", moments=plant.moments,
            patient=self.study.patient.number,
        )  # fmt: skip
        for element in plant.dataset.file_meta:
            if element.keyword in {"SourceApplicationEntityTitle", "MediaStorageSOPInstanceUID"}:
                plant.items.append(
                    Item(plant.instance, "text_removed", f"{element.tag:08X}", (str(element.value),), "file meta")
                )


def _empty(sop_class_uid: str, uid: str, study: Study, chance: random.Random) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("1.2.276.0.7230010.3.0.3.6.7")
    meta.ImplementationVersionName = "OFFIS_DCMTK_367"
    if chance.random() < 0.4:
        meta.SourceApplicationEntityTitle = study.patient.hospital.ae_title
    name = study.patient.name.latin.encode("utf-8")
    preamble = (b"EXPORT " + name).ljust(128, b"\0") if chance.random() < 0.2 else b"\0" * 128
    return FileDataset(io.BytesIO(), {}, file_meta=meta, preamble=preamble)


def _identify(plant: Planter, series: Series, at: datetime, number: int, sop_class_uid: str, uid: str) -> None:
    plant.keep("SOPClassUID", sop_class_uid, "class UID")
    plant.new_uid("SOPInstanceUID", uid)
    identity(plant, series.study)
    visit(plant, series.study, at)
    in_series(plant, series, at, number)
    equipment(plant, series)
    if plant.story.chance.random() < 0.1:
        padding = f"{series.study.patient.name.latin} {series.study.patient.patient_id}".encode()
        plant.dataset.add_new(0xFFFCFFFC, "OB", padding + b" " * (len(padding) % 2))
        plant.items.append(
            Item(
                plant.instance, "text_removed", "FFFCFFFC", (series.study.patient.patient_id,), "trailing padding",
                "Data Set Trailing Padding X",
            )
        )  # fmt: skip


def chest_ct(maker: Maker, size: int, slices: int, syntax: Any = None) -> list[Planter]:
    """A few axial slices; a secondary dose sheet with its text burned in, now and then."""
    series = maker.begin("CT", CT_VENDORS)
    syntax = syntax or maker.chance.choice(GREY)
    made = []
    for number in range(1, slices + 1):
        plant = maker.open(series, CTImageStorage, number, "CT", later(maker.study.studied_at, 60 + number))
        _tomogram(maker, plant, number)
        plant.put(ImageType=["ORIGINAL", "PRIMARY", "AXIAL"])
        for keyword, value in (("KVP", "120"), ("RescaleSlope", "1"), ("RescaleIntercept", "-1024")):
            plant.keep(keyword, value)
        plant.keep("ConvolutionKernel", maker.chance.choice(("B31f", "B70f", "LUNG", "STANDARD", "FC51")))
        plant.put(RescaleType="HU")
        if maker.chance.random() < 0.1:
            _curve(plant)
        _draw(maker, plant, images.axial(maker.chance, size), syntax, bits=16, stored=12)
        made.append(plant)
        maker.close(plant)
    return made


def brain_mr(maker: Maker, size: int, slices: int) -> list[Planter]:
    """MR slices, the last a secondary picture with burned-in text."""
    series = maker.begin("MR", MR_VENDORS)
    syntax = maker.chance.choice(GREY)
    made = []
    for number in range(1, slices + 1):
        plant = maker.open(series, MRImageStorage, number, "MR", later(maker.study.studied_at, 200 + number))
        secondary = number == slices and maker.chance.random() < 0.4
        _tomogram(maker, plant, number)
        plant.put(ImageType=["DERIVED", "SECONDARY", "OTHER"] if secondary else ["ORIGINAL", "PRIMARY", "OTHER"])
        plant.put(ScanningSequence="SE", SequenceVariant="SK", ScanOptions="", MRAcquisitionType="2D")
        plant.keep("RepetitionTime", "4000")
        plant.keep("EchoTime", "90")
        plant.keep("MagneticFieldStrength", "3")
        plant.put(EchoTrainLength="12")
        lines = 2 if secondary else 0
        _draw(maker, plant, images.axial(maker.chance, size), syntax, bits=16, stored=12, lines=lines)
        made.append(plant)
        maker.close(plant)
    return made


def pet(maker: Maker, size: int, slices: int) -> list[Planter]:
    """PET slices with the radiopharmaceutical's times."""
    series = maker.begin("PT", PT_VENDORS)
    made = []
    for number in range(1, slices + 1):
        at = later(maker.study.studied_at, 3600)
        plant = maker.open(series, PositronEmissionTomographyImageStorage, number, "PT", at)
        _tomogram(maker, plant, number)
        plant.put(ImageType=["ORIGINAL", "PRIMARY"], Units="BQML", CountsSource="EMISSION", DecayCorrection="START")
        plant.put(SeriesType=["STATIC", "IMAGE"], CollimatorType="NONE", NumberOfSlices=slices, ImageIndex=number)
        plant.put(FrameReferenceTime="0", RescaleIntercept="0", RescaleSlope="1", CorrectedImage=["DECY", "ATTN"])
        drug = plant.item("RadiopharmaceuticalInformationSequence")
        drug.keep("RadionuclideTotalDose", "370000000")
        drug.keep("RadionuclideHalfLife", "6586.2")
        drug.date_time(later(at, -3300), "RadiopharmaceuticalStartDateTime")
        _draw(maker, plant, images.axial(maker.chance, size), maker.chance.choice(GREY[:5]), bits=16, stored=16)
        made.append(plant)
        maker.close(plant)
    return made


def radiograph(maker: Maker, size: int, computed: bool) -> list[Planter]:
    """CR or DX with a side marker, and text burned into some."""
    series = maker.begin("CR" if computed else "DX", PLAIN_VENDORS[:2])
    sop_class = ComputedRadiographyImageStorage if computed else DigitalXRayImageStorageForPresentation
    plant = maker.open(series, sop_class, 1, series.modality, later(maker.study.studied_at, 30))
    acquired(plant, later(maker.study.studied_at, 30), maker.chance)
    plant.keep("BodyPartExamined", "CHEST")
    plant.keep("ViewPosition", maker.chance.choice(("PA", "AP", "LL")))
    plant.keep("KVP", "110")
    plant.put(ImageType=["DERIVED" if not computed else "ORIGINAL", "PRIMARY"], PatientOrientation=["L", "F"])
    plant.put(PhotometricInterpretation=maker.chance.choice(("MONOCHROME2", "MONOCHROME2", "MONOCHROME1")))
    plant.keep("ImagerPixelSpacing", ["0.4", "0.4"])
    if not computed:
        _digital(plant)
    lines = maker.chance.choice((0, 1, 2))
    picture = images.radiograph(maker.chance, size + size // 4, size)
    if maker.chance.random() < 0.5:
        _overlay(maker, plant, size + size // 4, size)
        _icon(maker, plant)
    _draw(maker, plant, picture, maker.chance.choice(GREY), bits=16, stored=12, lines=lines, marked=True)
    maker.close(plant)
    return [plant]


def _overlay(maker: Maker, plant: Planter, rows: int, columns: int) -> None:
    """An overlay plane with the patient's name drawn into it and typed beside it."""
    name = maker.study.patient.name.latin.replace("^", " ")
    glyphs = ink.glyphs(name, 20) > 127
    plane = np.zeros((rows, columns), bool)
    top, left = maker.chance.randrange(rows - glyphs.shape[0]), maker.chance.randrange(columns // 4)
    wide = min(glyphs.shape[1], columns - left)
    plane[top : top + glyphs.shape[0], left : left + wide] = glyphs[:, :wide]
    bits = np.packbits(plane.ravel(), bitorder="little").tobytes()
    for tag, vr, value in (
        (0x60000010, "US", rows), (0x60000011, "US", columns), (0x60000040, "CS", "G"), (0x60000050, "SS", [1, 1]),
        (0x60000100, "US", 1), (0x60000102, "US", 0), (0x60003000, "OB", bits + b"\0" * (len(bits) % 2)),
        (0x60004000, "LT", name),
    ):  # fmt: skip
        plant.dataset.add_new(tag, vr, value)
    row = "60xx3000 Overlay Data X; 113103 C"
    more = {
        "overlay": True,
        "box": [top, left, top + glyphs.shape[0], left + wide],
        "mask": ink.packed(glyphs[:, :wide]),
    }
    plant.items.append(Item(plant.instance, "pixels_hidden", "60003000", (), "overlay", row, more=more))
    plant.items.append(
        Item(plant.instance, "text_removed", "60004000", (name,), "overlay", "60xx4000 Overlay Comments X; 113103 C")
    )


def _icon(maker: Maker, plant: Planter) -> None:
    """A small copy of the picture, with the text that the picture has."""
    icon = plant.item("IconImageSequence")
    icon.put(SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", Rows=64, Columns=64, BitsAllocated=8)
    icon.put(BitsStored=8, HighBit=7, PixelRepresentation=0)
    icon.dataset.add_new(0x7FE00010, "OB", maker.chance.randbytes(4096))
    plant.ask("pixels_hidden", "IconImageSequence", category="icon", icon=True)


def _curve(plant: Planter) -> None:
    """A retired curve with a label."""
    name = plant.story.patient.name.latin.replace("^", " ")
    for tag, vr, value in (
        (0x50000005, "US", 1), (0x50000010, "US", 4), (0x50000103, "US", 0), (0x50002500, "LO", name[:60]),
        (0x50003000, "OW", b"\1\0\2\0\3\0\4\0"),
    ):  # fmt: skip
        plant.dataset.add_new(tag, vr, value)
    plant.items.append(
        Item(plant.instance, "text_removed", "50002500", (name[:60],), "curve", "50xxxxxx Curve Data X; 113103 C")
    )


def _digital(plant: Planter) -> None:
    plant.put(
        PresentationIntentType="FOR PRESENTATION", PixelIntensityRelationship="LOG", PixelIntensityRelationshipSign=-1,
        RescaleIntercept="0", RescaleSlope="1", RescaleType="US", PresentationLUTShape="IDENTITY",
        LossyImageCompression="00", BurnedInAnnotation="NO", ImageLaterality="U", PatientOrientation=["L", "F"],
    )  # fmt: skip
    plant.put(DetectorType="SCINTILLATOR", WindowCenter="2048", WindowWidth="4096")
    plant.remove(
        "DetectorID", f"DET{plant.dataset.DeviceSerialNumber}", "device", str(plant.dataset.DeviceSerialNumber)
    )


def ultrasound(maker: Maker, size: int, frames: int) -> list[Planter]:
    """A still and a loop whose text stands in a late frame alone."""
    series = maker.begin("US", PLAIN_VENDORS[3:])
    made = []
    for number, count in ((1, 1), (2, frames)):
        sop_class = UltrasoundImageStorage if count == 1 else UltrasoundMultiFrameImageStorage
        plant = maker.open(series, sop_class, number, "US", later(maker.study.studied_at, 100 * number))
        acquired(plant, later(maker.study.studied_at, 100 * number), maker.chance)
        plant.put(ImageType=["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"], LossyImageCompression="00")
        if count > 1:
            plant.keep("FrameTime", "33.3")
            plant.dataset.FrameIncrementPointer = 0x00181063
        picture = images.ultrasound(maker.chance, count, size, size + size // 3)
        lines = 3 if count == 1 else maker.chance.choice((1, 2))
        _draw(maker, plant, picture, maker.chance.choice(COLOUR), bits=8, stored=8, lines=lines)
        made.append(plant)
        maker.close(plant)
    return made


def angiogram(maker: Maker, size: int, frames: int) -> list[Planter]:
    """An X-ray run of several frames."""
    series = maker.begin("XA", PLAIN_VENDORS[:1])
    plant = maker.open(series, XRayAngiographicImageStorage, 1, "XA", later(maker.study.studied_at, 300))
    acquired(plant, later(maker.study.studied_at, 300), maker.chance)
    plant.put(
        ImageType=["ORIGINAL", "PRIMARY", "SINGLE PLANE"], PixelIntensityRelationship="LIN", RadiationSetting="GR"
    )
    plant.keep("FrameTime", "66.7")
    plant.keep("PositionerPrimaryAngle", "-30.5")
    plant.keep("KVP", "78")
    plant.dataset.FrameIncrementPointer = 0x00181063
    picture = images.angiogram(maker.chance, frames, size)
    syntax = maker.chance.choice((*GREY[:4], GREY[5], GREY[6]))
    _draw(maker, plant, picture, syntax, bits=8, stored=8, lines=maker.chance.choice((1, 2)))
    maker.close(plant)
    return [plant]


def screenshot(maker: Maker, size: int) -> list[Planter]:
    """A secondary capture full of text."""
    series = maker.begin("OT", PLAIN_VENDORS[2:3])
    plant = maker.open(series, SecondaryCaptureImageStorage, 1, "SC", later(maker.study.studied_at, 900))
    acquired(plant, later(maker.study.studied_at, 900), maker.chance)
    plant.put(ConversionType="WSD", ImageType=["DERIVED", "SECONDARY"])
    plant.moment(later(maker.study.studied_at, 901), "DateOfSecondaryCapture", "TimeOfSecondaryCapture")
    picture = images.screen(maker.chance, size, size + size // 3)
    _draw(maker, plant, picture, maker.chance.choice(COLOUR), bits=8, stored=8, lines=4)
    maker.close(plant)
    return [plant]


def _tomogram(maker: Maker, plant: Planter, number: int) -> None:
    at = later(maker.study.studied_at, 60 + number * 0.5)
    acquired(plant, at.replace(microsecond=0), maker.chance)
    plant.new_uid("FrameOfReferenceUID", maker.study.frame_uid)
    plant.put(PositionReferenceIndicator="", AcquisitionNumber=1)
    plant.keep("SliceThickness", "1.25")
    plant.keep("PixelSpacing", ["0.7", "0.7"], "geometry")
    plant.keep("ImageOrientationPatient", ["1", "0", "0", "0", "1", "0"], "geometry")
    plant.keep("ImagePositionPatient", ["-160", "-160", f"{-100 + 1.25 * number:.2f}"], "geometry")
    plant.keep("PatientPosition", "HFS", "geometry")
    plant.keep("BodyPartExamined", maker.chance.choice(("CHEST", "ABDOMEN", "BRAIN")))


def _draw(
    maker: Maker, plant: Planter, picture: images.Frames, syntax: Any, *, bits: int, stored: int, lines: int = 0,
    marked: bool = False,
) -> None:  # fmt: skip
    """The pixels with their ink, and the lines of the key for both."""
    rows, columns = picture.shape[1:3]
    taken = [(0, 0, rows // 5, columns // 5)] if marked else []  # the phantom has a marker of its own there
    sides = [ink.marker(maker.chance, picture.shape[1:3], taken)] if marked else []
    writings = [
        ink.place(maker.chance, text, picture.shape[1:3], taken, _late(maker.chance, len(picture)))
        for text in _burned(maker, lines)
    ]
    texts = [writing for writing in writings if writing]
    for writing in (*texts, *sides):
        ink.written(picture, writing)
    _ask_pixels(plant, texts, sides)
    plant.put(SamplesPerPixel=3 if picture.ndim == 4 else 1)
    if "PhotometricInterpretation" not in plant.dataset:
        plant.put(PhotometricInterpretation="RGB" if picture.ndim == 4 else "MONOCHROME2")
    comment = _comment(maker, plant, syntax)
    put_pixels(maker.made[-1].dataset, _levels(picture, bits, stored), syntax, comment, stored)
    plant.filled("Rows", "Columns", "BitsAllocated", "SamplesPerPixel", "PhotometricInterpretation")
    if texts and maker.chance.random() < 0.5:
        plant.put(BurnedInAnnotation=maker.chance.choice(("YES", "NO")))


def _comment(maker: Maker, plant: Planter, syntax: Any) -> bytes:
    if syntax not in COMMENTED or maker.chance.random() < 0.4:
        return b""
    patient = maker.study.patient
    plant.items.append(
        Item(plant.instance, "text_removed", "7FE00010", (patient.patient_id,), "comment in a compressed stream")
    )
    return f"{patient.name.latin} {patient.patient_id}".encode()


def _burned(maker: Maker, lines: int) -> list[str]:
    patient, at = maker.study.patient, maker.study.studied_at
    latin, hospital = (_plainly(text) for text in (patient.name.latin.replace("^", " "), patient.hospital.english))
    choices = [
        latin.upper(), f"ID: {patient.patient_id}", f"{latin}, {patient.born_on:%Y-%m-%d}", hospital,
        f"{at:%Y/%m/%d %H:%M}", f"Acc {maker.study.accession}", f"DOB {patient.born_on:%d.%m.%Y} {patient.sex}",
    ]  # fmt: skip
    if patient.korean and ink.hangul_font():
        choices += [patient.name.hangul, f"{patient.name.hangul} {patient.patient_id}", patient.hospital.name,
                    f"{patient.name.hangul} ({patient.sex})", patient.resident_number]  # fmt: skip
    return maker.chance.sample(choices, k=min(lines, len(choices)))


def _plainly(text: str) -> str:
    """Without the signs that no machine's screen font has."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if letter.isascii())


def _late(chance: random.Random, frames: int) -> int:
    return 0 if frames == 1 else chance.randrange(frames // 2, frames)


def _ask_pixels(plant: Planter, texts: list[ink.Writing], sides: list[ink.Writing]) -> None:
    row = "113101: PS3.15 E.3.1"
    for writing in texts:
        hangul = any("가" <= letter <= "힣" for letter in writing.text)
        category = "burned-in hangul" if hangul else "burned-in text"
        plant.ask("pixels_hidden", "PixelData", category=category, row=row, **writing.described())
    for writing in sides:
        plant.ask("pixels_retained", "PixelData", category="side marker", row=row, **writing.described())
    boxes = [list(writing.box) for writing in texts]
    plant.ask("pixels_retained", "PixelData", category="picture", row=row, boxes=boxes)


def _levels(picture: images.Frames, bits: int, stored: int) -> npt.NDArray[Any]:
    if bits == 8:
        return np.asarray(np.rint(picture * 255), dtype=np.uint8)
    return np.asarray(np.rint(picture * (2 ** min(stored, 12) - 1)), dtype=np.uint16)


def report(maker: Maker, images_made: list[Planter]) -> None:
    """A basic text report: names in PN, TEXT and the observer, codes and numbers to keep."""
    series = maker.begin("SR", PLAIN_VENDORS[2:3])
    at = later(maker.study.studied_at, 7200)
    plant = maker.open(series, BasicTextSRStorage, 1, "SR", at)
    plant.moment(at, "ContentDate", "ContentTime")
    plant.put(
        ValueType="CONTAINER", ContinuityOfContent="SEPARATE", CompletionFlag="COMPLETE", VerificationFlag="VERIFIED"
    )
    plant.dataset.PerformedProcedureCodeSequence = []
    _observer(plant, at)
    _code(plant, "ConceptNameCodeSequence", "18748-4", "LN", "Diagnostic Imaging Report")
    for _ in range(3):
        text = plant.story.text(400)
        item = _content(plant, "TEXT", "121071", "Finding")
        item.put(TextValue=text.text)
        item.cleaned("TextValue", text)
    person = _content(plant, "PNAME", "121008", "Person Observer Name")
    person.remove("PersonName", maker.study.patient.staff["reading"].latin, "staff")
    person.dataset.RelationshipType = "HAS OBS CONTEXT"
    for image in images_made[:1]:
        item = _content(plant, "IMAGE", "121080", "Best illustration of finding")
        item.refer("ReferencedSOPSequence", *_target(image))
    _evidence(plant, "CurrentRequestedProcedureEvidenceSequence", images_made[:1])
    maker.close(plant)


def _observer(plant: Planter, at: datetime) -> None:
    reading, hospital = plant.story.patient.staff["reading"], plant.story.patient.hospital
    item = plant.item("VerifyingObserverSequence")
    item.remove("VerifyingObserverName", reading.latin, "staff")
    item.remove("VerifyingOrganization", hospital.english, "institution")
    item.date_time(at, "VerificationDateTime")
    item.dataset.VerifyingObserverIdentificationCodeSequence = []


def _content(plant: Planter, kind: str, code: str, meaning: str) -> Planter:
    item = plant.item("ContentSequence")
    item.put(RelationshipType="CONTAINS")
    item.keep("ValueType", kind, "structured content")
    _code(item, "ConceptNameCodeSequence", code, "DCM", meaning)
    return item


def _code(plant: Planter, keyword: str, value: str, scheme: str, meaning: str) -> None:
    item = plant.item(keyword)
    item.keep("CodeValue", value, "code")
    item.keep("CodingSchemeDesignator", scheme, "code")
    item.keep("CodeMeaning", meaning, "code")


def _target(image: Planter) -> tuple[str, str, str]:
    return str(image.dataset.SOPClassUID), str(image.dataset.SOPInstanceUID), image.instance


def _evidence(plant: Planter, keyword: str, targets: list[Planter]) -> None:
    if not targets:
        return
    study = plant.item(keyword)
    study.new_uid("StudyInstanceUID", str(plant.dataset.StudyInstanceUID))
    for image in targets:
        series = study.item("ReferencedSeriesSequence")
        series.new_uid("SeriesInstanceUID", str(image.dataset.SeriesInstanceUID))
        series.refer("ReferencedSOPSequence", *_target(image))


def key_objects(maker: Maker, images_made: list[Planter]) -> None:
    """A key object selection with a remark."""
    series = maker.begin("KO", PLAIN_VENDORS[2:3])
    at = later(maker.study.studied_at, 7300)
    plant = maker.open(series, KeyObjectSelectionDocumentStorage, 1, "KO", at)
    plant.moment(at, "ContentDate", "ContentTime")
    plant.put(ValueType="CONTAINER", ContinuityOfContent="SEPARATE")
    _code(plant, "ConceptNameCodeSequence", "113000", "DCM", "Of Interest")
    text = plant.story.text(300)
    item = _content(plant, "TEXT", "113012", "Key Object Description")
    item.put(TextValue=text.text)
    item.cleaned("TextValue", text)
    picture = plant.item("ContentSequence")
    picture.put(RelationshipType="CONTAINS", ValueType="IMAGE")
    picture.refer("ReferencedSOPSequence", *_target(images_made[0]))
    _evidence(plant, "CurrentRequestedProcedureEvidenceSequence", images_made[:1])
    maker.close(plant)


def presentation(maker: Maker, images_made: list[Planter]) -> None:
    """A presentation state with a typed label on the picture and a drawn line."""
    series = maker.begin("PR", PLAIN_VENDORS[2:3])
    at = later(maker.study.studied_at, 7400)
    plant = maker.open(series, GrayscaleSoftcopyPresentationStateStorage, 1, "PR", at)
    plant.moment(at, "PresentationCreationDate", "PresentationCreationTime")
    plant.put(ContentLabel="STATE", PresentationLUTShape="IDENTITY")
    plant.clean("ContentDescription")
    plant.remove("ContentCreatorName", maker.study.patient.staff["reading"].latin, "staff")
    referred = plant.item("ReferencedSeriesSequence")
    referred.new_uid("SeriesInstanceUID", str(images_made[0].dataset.SeriesInstanceUID))
    referred.refer("ReferencedImageSequence", *_target(images_made[0]))
    _graphics(plant)
    area = plant.item("DisplayedAreaSelectionSequence")
    area.put(DisplayedAreaTopLeftHandCorner=[1, 1], DisplayedAreaBottomRightHandCorner=[512, 512])
    area.put(PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[1, 1])
    voi = plant.item("SoftcopyVOILUTSequence")
    voi.keep("WindowCenter", "-600", "presentation")
    voi.keep("WindowWidth", "1500", "presentation")
    layer = plant.item("GraphicLayerSequence")
    layer.put(GraphicLayer="LAYER1", GraphicLayerOrder=1)
    maker.close(plant)


def _graphics(plant: Planter) -> None:
    annotation = plant.item("GraphicAnnotationSequence")
    annotation.put(GraphicLayer="LAYER1")
    label = annotation.item("TextObjectSequence")
    text = plant.story.text(120)
    label.put(UnformattedTextValue=text.text, AnchorPoint=[100.0, 120.0], AnchorPointVisibility="N")
    label.put(AnchorPointAnnotationUnits="PIXEL")
    label.cleaned("UnformattedTextValue", text)
    line = annotation.item("GraphicObjectSequence")
    line.put(GraphicAnnotationUnits="PIXEL", GraphicDimensions=2, NumberOfGraphicPoints=2, GraphicFilled="N")
    line.keep("GraphicType", "POLYLINE", "graphics")
    line.keep("GraphicData", [10.5, 20.25, 30.75, 41.125], "graphics")


def segmentation(maker: Maker, images_made: list[Planter]) -> None:
    """A binary segmentation of the slices."""
    series = maker.begin("SEG", PLAIN_VENDORS[2:3])
    at = later(maker.study.studied_at, 7500)
    plant = maker.open(series, SegmentationStorage, 1, "SEG", at)
    rows, columns = int(images_made[0].dataset.Rows), int(images_made[0].dataset.Columns)
    plant.moment(at, "ContentDate", "ContentTime")
    plant.put(ImageType=["DERIVED", "PRIMARY"], ContentLabel="SEGMENT", LossyImageCompression="00")
    plant.keep("SegmentationType", "BINARY", "segmentation")
    plant.remove("ContentCreatorName", maker.study.patient.staff["reading"].latin, "staff")
    plant.clean("ContentDescription")
    plant.new_uid("FrameOfReferenceUID", maker.study.frame_uid)
    segment = plant.item("SegmentSequence")
    segment.put(SegmentNumber=1, SegmentAlgorithmType="MANUAL")
    text = plant.story.text(60)
    segment.put(SegmentLabel="Lesion", SegmentDescription=text.text)
    segment.cleaned("SegmentDescription", text)
    _code(segment, "SegmentedPropertyCategoryCodeSequence", "49755003", "SCT", "Morphologically Altered Structure")
    _code(segment, "SegmentedPropertyTypeCodeSequence", "4147007", "SCT", "Mass")
    referred = plant.item("ReferencedSeriesSequence")
    referred.new_uid("SeriesInstanceUID", str(images_made[0].dataset.SeriesInstanceUID))
    for image in images_made:
        referred.refer("ReferencedInstanceSequence", *_target(image))
    _frames_of(plant, images_made, rows, columns, maker.chance)
    maker.close(plant)


def _frames_of(plant: Planter, targets: list[Planter], rows: int, columns: int, chance: random.Random) -> None:
    for number, image in enumerate(targets, 1):
        frame = plant.item("PerFrameFunctionalGroupsSequence")
        content = frame.item("FrameContentSequence")
        content.put(DimensionIndexValues=[1, number])
        source = frame.item("DerivationImageSequence").item("SourceImageSequence")
        source.put(
            ReferencedSOPClassUID=image.dataset.SOPClassUID, ReferencedSOPInstanceUID=image.dataset.SOPInstanceUID
        )
        frame.item("PlanePositionSequence").put(ImagePositionPatient=image.dataset.ImagePositionPatient)
        frame.item("SegmentIdentificationSequence").put(ReferencedSegmentNumber=1)
    mask = np.zeros((len(targets), rows, columns), np.uint8)
    mask[:, rows // 3 : rows // 3 + chance.randint(9, 30), columns // 3 : columns // 2] = 1
    bits = np.packbits(mask.ravel(), bitorder="little").tobytes()
    plant.put(NumberOfFrames=len(targets), Rows=rows, Columns=columns, SamplesPerPixel=1, BitsAllocated=1, BitsStored=1)
    plant.put(HighBit=0, PixelRepresentation=0, PhotometricInterpretation="MONOCHROME2")
    plant.dataset.add_new(0x7FE00010, "OB", bits + b"\0" * (len(bits) % 2))
    plant.ask("pixels_retained", "PixelData", category="segmentation", boxes=[])


def structure_set(maker: Maker, images_made: list[Planter]) -> None:
    """Contours with named regions of interest."""
    series = maker.begin("RTSTRUCT", PLAIN_VENDORS[2:3])
    at = later(maker.study.studied_at, 7600)
    plant = maker.open(series, RTStructureSetStorage, 1, "RTSTRUCT", at)
    plant.clean("StructureSetLabel", most=16)
    plant.clean("StructureSetName")
    plant.clean("StructureSetDescription", most=200)
    plant.moment(at, "StructureSetDate", "StructureSetTime")
    frame = plant.item("ReferencedFrameOfReferenceSequence")
    frame.new_uid("FrameOfReferenceUID", maker.study.frame_uid)
    study = frame.item("RTReferencedStudySequence")
    study.put(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=maker.study.uid)
    referred = study.item("RTReferencedSeriesSequence")
    referred.new_uid("SeriesInstanceUID", str(images_made[0].dataset.SeriesInstanceUID))
    for image in images_made:
        referred.refer("ContourImageSequence", *_target(image))
    _region(plant, maker, images_made)
    maker.close(plant)


def _region(plant: Planter, maker: Maker, images_made: list[Planter]) -> None:
    region = plant.item("StructureSetROISequence")
    region.put(ROINumber=1, ReferencedFrameOfReferenceUID=maker.study.frame_uid, ROIGenerationAlgorithm="MANUAL")
    region.clean("ROIName")
    region.clean("ROIDescription", most=200)
    contours = plant.item("ROIContourSequence")
    contours.put(ReferencedROINumber=1)
    contour = contours.item("ContourSequence")
    contour.refer("ContourImageSequence", *_target(images_made[0]))
    contour.put(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=3)
    points = [f"{maker.chance.uniform(-100, 100):.3f}" for _ in range(9)]
    contour.keep("ContourData", points, "contour")
    observed = plant.item("RTROIObservationsSequence")
    observed.put(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="GTV")
    observed.remove("ROIInterpreter", maker.study.patient.staff["reading"].latin, "staff")


def document(maker: Maker) -> None:
    """A PDF with identity inside: PS3.15 puts a dummy in its place; keeping it back is right as well."""
    series = maker.begin("DOC", PLAIN_VENDORS[2:3])
    at = later(maker.study.studied_at, 7700)
    plant = maker.open(series, EncapsulatedPDFStorage, 1, "PDF", at)
    plant.moment(at, "ContentDate", "ContentTime")
    plant.put(MIMETypeOfEncapsulatedDocument="application/pdf", BurnedInAnnotation="YES", ConversionType="WSD")
    plant.clean("DocumentTitle")
    patient = maker.study.patient
    body = f"%PDF-1.4\n% {patient.name.latin} {patient.patient_id} {patient.resident_number}\n%%EOF\n".encode()
    plant.dataset.EncapsulatedDocument = body + b"\0" * (len(body) % 2)
    plant.remove(
        "EncapsulatedDocument", plant.dataset.EncapsulatedDocument, "document", patient.name.latin, patient.patient_id
    )
    maker.close(plant)
    asked = {"text_removed", "korean_removed", "file_present", "header_valid"}
    plant.items[:] = [replace(item, held_ok=True) for item in plant.items if item.action in asked]


__all__ = ["COLOUR", "GREY", "NATIVE", "Made", "Maker"]
