"""Invented objects that are no plain images: reports, presentation states, segmentations, radiotherapy."""

from typing import Any

from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from tests.phantoms import HONG, PHYSICIAN, identified_ct, uid

CLASSES = "1.2.840.10008.5.1.4.1.1."
COMMON_ONLY = frozenset({0x0008, 0x0010, 0x0020, 0x0032, 0x0040})


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content(kind: str, name: Dataset | None, relation: str = "CONTAINS", **values: Any) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, kind
    if name is not None:
        item.ConceptNameCodeSequence = Sequence([name])
    item.update(values)
    return item


def reference(number: int, sop_class: str = CLASSES + "2") -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid(1, 2, number)
    return item


def without_image(suffix: str, modality: str, **changes: Any) -> FileDataset:
    """An object of one study with the phantoms, with everything of an image taken out."""
    dataset = identified_ct(7, SOPClassUID=CLASSES + suffix, Modality=modality)
    dataset.file_meta.MediaStorageSOPClassUID = CLASSES + suffix
    for element in [*dataset]:
        if element.tag.group not in COMMON_ONLY:
            del dataset[element.tag]
    for keyword in ("ImageType", "ImagePositionPatient", "ImageOrientationPatient", "ReferencedImageSequence"):
        dataset.pop(keyword, None)
    dataset.update(changes)
    return dataset


def report(suffix: str = "88.33", **changes: Any) -> FileDataset:
    """A structured report with people, dates and places in its content items."""
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = "93", Sequence([code("a", "UCUM", "year")])
    items = [
        content("PNAME", code("121008", "DCM", "Person Observer Name"), "HAS OBS CONTEXT", PersonName=PHYSICIAN),
        content("TEXT", code("121022", "DCM", "Accession Number"), "HAS OBS CONTEXT", TextValue="A20200220777"),
        content("DATE", code("121031", "DCM", "Subject Birth Date"), "HAS OBS CONTEXT", Date=HONG.birth_date),
        content(
            "NUM", code("121033", "DCM", "Subject Age"), "HAS OBS CONTEXT", MeasuredValueSequence=Sequence([measured])
        ),
        content("DATETIME", code("111526", "DCM", "DateTime Started"), DateTime="20200220093015.25+0900"),
        content("UIDREF", code("112227", "DCM", "Frame of Reference UID"), UID=uid(1, 2, 4)),
        content("TEXT", code("121071", "DCM", "Finding"), TextValue="홍길동 85 nodule 12 mm, call 010-9876-5432"),
        content("TEXT", code("L1", "99GAON", "Finding Hong"), TextValue="Seo Jaepil"),
        content(
            "IMAGE", code("121112", "DCM", "Source of Measurement"), ReferencedSOPSequence=Sequence([reference(4)])
        ),
    ]
    dataset = without_image(suffix, "SR")
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = Sequence([code("18748-4", "LN", "Diagnostic Imaging Report")])
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    observer = Dataset()
    observer.VerifyingObserverName, observer.VerifyingOrganization = PHYSICIAN, "가온누리병원"
    observer.VerificationDateTime, observer.VerifyingObserverIdentificationCodeSequence = "20200220101010", Sequence([])
    dataset.VerifyingObserverSequence = Sequence([observer])
    dataset.ContentSequence = Sequence(items)
    dataset.InstanceNumber = 1
    dataset.update(changes)
    return dataset


def presentation_state(**changes: Any) -> FileDataset:
    """A greyscale presentation state with a name in a text, a layer and a label."""
    dataset = without_image("11.1", "PR")
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = uid(1, 2), Sequence([reference(4)])
    dataset.ReferencedSeriesSequence = Sequence([series])
    text, shape, drawn, layer = Dataset(), Dataset(), Dataset(), Dataset()
    text.UnformattedTextValue = "nodule RUL Hong Gildong 850101-1234568"
    text.AnchorPoint, text.AnchorPointVisibility, text.AnchorPointAnnotationUnits = [1.0, 2.0], "N", "PIXEL"
    shape.GraphicAnnotationUnits, shape.GraphicDimensions, shape.NumberOfGraphicPoints = "PIXEL", 2, 2
    shape.GraphicData, shape.GraphicType, shape.GraphicFilled = [1.0, 1.0, 4.0, 4.0], "POLYLINE", "N"
    drawn.GraphicLayer, drawn.TextObjectSequence, drawn.GraphicObjectSequence = (
        "JAEPIL", Sequence([text]), Sequence([shape]),
    )  # fmt: skip
    layer.GraphicLayer, layer.GraphicLayerOrder, layer.GraphicLayerDescription = "JAEPIL", 1, "서재필"
    dataset.GraphicAnnotationSequence, dataset.GraphicLayerSequence = Sequence([drawn]), Sequence([layer])
    dataset.ContentLabel, dataset.ContentDescription, dataset.ContentCreatorName = "GILDONG", "Hong chest", PHYSICIAN
    dataset.PresentationCreationDate, dataset.PresentationCreationTime = "20200220", "101010"
    dataset.update(changes)
    return dataset


def structure_set(**changes: Any) -> FileDataset:
    """An RT structure set with names in its labels."""
    dataset = without_image("481.3", "RTSTRUCT")
    region, drawn, contour, observed = Dataset(), Dataset(), Dataset(), Dataset()
    region.ROINumber, region.ReferencedFrameOfReferenceUID, region.ROIName = 1, uid(5), "GTV 홍길동"
    region.ROIGenerationAlgorithm = "MANUAL"
    contour.ContourGeometricType, contour.NumberOfContourPoints = "POINT", 1
    contour.ContourData, contour.ContourImageSequence = [1.0, 2.0, 3.0], Sequence([reference(4)])
    drawn.ReferencedROINumber, drawn.ContourSequence = 1, Sequence([contour])
    observed.ObservationNumber, observed.ReferencedROINumber, observed.RTROIInterpretedType = 1, 1, "GTV"
    observed.ROIInterpreter = PHYSICIAN
    dataset.StructureSetLabel, dataset.StructureSetDate, dataset.StructureSetTime = "Seo plan", "20200220", "101010"
    dataset.StructureSetROISequence, dataset.ROIContourSequence = Sequence([region]), Sequence([drawn])
    dataset.RTROIObservationsSequence = Sequence([observed])
    dataset.update(changes)
    return dataset
