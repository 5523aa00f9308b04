"""Objects that are no plain images, and what hides in those that are."""

import struct
from datetime import datetime, timedelta

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import JPEGBaseline8Bit

from firstlight.dicom.codestreams import blanked
from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.documents import EMPTY_PAGE
from firstlight.dicom.identity import identity_of
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.korean_letters import in_its_own_letters
from firstlight.dicom.pixels import PixelVerdict
from firstlight.dicom.profile import DEFAULT, Profile, safe_private
from firstlight.dicom.reading import take_apart
from firstlight.dicom.scan import scan
from firstlight.dicom.structure import Element, Unreadable
from tests.dicom.objects import CLASSES, code, content, presentation_state, report, structure_set, without_image
from tests.dicom.test_deidentify import traces
from tests.phantoms import as_bytes, identified_ct, identified_radiograph, uid

KEY, PROFILE = SiteKey.from_bytes(b"0123456789abcdef"), Profile.load()


def outcome_of(dataset, profile=PROFILE, **given):
    return deidentify_bytes(as_bytes(dataset), profile=profile, key=KEY, **given)


def result(dataset, profile=PROFILE, **given):
    outcome = outcome_of(dataset, profile, **given)
    assert (outcome.status, outcome.reason) == ("done", "")
    return read_instance(outcome.content)


OBJECTS = {
    **{
        f"report {end}": (lambda end=end: report(end)) for end in ("88.11", "88.22", "88.33", "88.34", "88.59", "88.67")
    },
    "presentation state": presentation_state,
    "structure set": structure_set,
    "registration": lambda: without_image("66.1", "REG"),
    "key objects": lambda: without_image("88.59", "KO"),
    "real-world values": lambda: without_image("67", "RWV"),
    "plan": lambda: without_image("481.5", "RTPLAN", RTPlanLabel="Hong", RTPlanDate="20200220"),
}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("options", [DEFAULT, ("113100",), (*DEFAULT, "113112", "113109")])
def test_nothing_planted_is_left_in_any_kind_of_object(name, options):
    outcome = outcome_of(OBJECTS[name](), Profile.load(options))
    assert outcome.status == "done"
    left = traces(outcome.content) - ({"가온누리", "CT7-ROOM3", "0099887"} if "113112" in options else set())
    assert left == set()
    assert outcome.scan > 0


@pytest.mark.parametrize("name", OBJECTS)
def test_the_second_look_agrees(name):
    found = scan(result(OBJECTS[name]()), profile=PROFILE)
    assert (found.claims_deidentified, found.strip, found.doubts) == (True, (), ())


def items_of(after):
    return {item.ConceptNameCodeSequence[0].CodeValue: item for item in after.ContentSequence}


def test_a_report_keeps_its_findings_and_loses_its_people():
    after = result(report())
    items = items_of(after)
    assert not {"121022", "121031"} & {*items}
    assert items["121008"].PersonName == "REMOVED"
    assert items["121033"].MeasuredValueSequence[0].NumericValue == 90
    assert "nodule" in items["121071"].TextValue
    assert "12 mm" in items["121071"].TextValue
    assert (
        items["112227"].UID
        == KEY.uid(uid(1, 2, 4))
        == items["121112"].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    )
    moved = items["111526"].DateTime
    assert moved.startswith(after.StudyDate)
    assert moved.endswith("093015.25+0900")
    assert items["REMOVED"].ConceptNameCodeSequence[0].CodingSchemeDesignator == "99REMOVED"
    assert after.VerifyingObserverSequence[0].VerifyingObserverName == "REMOVED"
    assert after.VerifyingObserverSequence[0].VerificationDateTime == f"{after.StudyDate}101010"


def test_without_clean_structured_content_its_texts_are_dummies():
    items = items_of(result(report(), Profile.load([*{*DEFAULT} - {"113104"}])))
    assert items["121071"].TextValue == "REMOVED"


def test_a_presentation_state_keeps_its_shapes_and_its_layers_together():
    after = result(presentation_state())
    [drawn], [layer] = after.GraphicAnnotationSequence, after.GraphicLayerSequence
    assert drawn.GraphicLayer == layer.GraphicLayer != "JAEPIL"
    assert [*drawn.GraphicObjectSequence[0].GraphicData] == [1, 1, 4, 4]
    assert "nodule" in drawn.TextObjectSequence[0].UnformattedTextValue
    assert after.ContentLabel == "REMOVED"
    assert after.PresentationCreationDate == after.StudyDate
    assert "BurnedInAnnotation" not in after


def test_a_structure_set_keeps_its_contours():
    after = result(structure_set())
    assert [*after.ROIContourSequence[0].ContourSequence[0].ContourData] == [1, 2, 3]
    assert after.StructureSetROISequence[0].ReferencedFrameOfReferenceUID == KEY.uid(uid(5))
    assert after.StructureSetDate == after.StudyDate
    assert after.RTROIObservationsSequence[0].ROIInterpreter in ("", "REMOVED")


FIRST, LAST = datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2060-01-01")


@settings(max_examples=40, deadline=None)
@given(st.datetimes(FIRST, LAST), st.integers(0, 200_000))
def test_moments_stay_exactly_as_far_apart(start, seconds):
    end = start.replace(microsecond=0) + timedelta(seconds=seconds)
    start = start.replace(microsecond=0)
    dataset = identified_ct(size=2, AcquisitionDateTime=f"{start:%Y%m%d%H%M%S}")
    dataset.AcquisitionDate, dataset.AcquisitionTime = f"{start:%Y%m%d}", f"{start:%H%M%S}"
    dataset.ContentDate, dataset.ContentTime = f"{end:%Y%m%d}", f"{end:%H%M%S}"
    after = result(dataset)
    assert after.AcquisitionDate + after.AcquisitionTime == after.AcquisitionDateTime
    first, last = (
        datetime.fromisoformat(f"{date}T{time}")
        for date, time in ((after.AcquisitionDate, after.AcquisitionTime), (after.ContentDate, after.ContentTime))
    )
    assert last - first == end - start
    assert first != start


def test_the_same_attribute_goes_as_its_type_asks():
    basic = Profile.load([])
    enhanced, plain = CLASSES + "2.1", CLASSES + "2"
    assert basic.rule(0x00080023, 0, plain).action == "Z"
    assert basic.rule(0x00080023, 0, enhanced).action == "D"
    assert basic.rule(0x0040A032, 0x0040A730, CLASSES + "88.33").action == "D"
    assert basic.rule(0x00080012, 0, plain).action == "X"
    assert basic.rule(0x00700084, 0, CLASSES + "11.1").action == "Z"


def test_private_elements_stay_only_where_the_standard_lists_them_under_their_creator():
    dataset = identified_ct()
    listed = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    listed.add_new(0x0C, "IS", "800")
    listed.add_new(0x0A, "US", 5)
    dataset.private_block(0x0019, "GAON", create=True).add_new(0x0C, "IS", "19283746")
    after = result(dataset)
    assert after.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 800
    assert [one.tag for one in after if one.tag.is_private] == [0x00190010, 0x0019100C]
    assert not [one for one in result(dataset, Profile.load([])) if one.tag.is_private]
    assert all(vr for block in safe_private().values() for vr in block.values())


def test_an_overlay_among_the_bits_is_cleared_and_the_image_stays():
    dataset = identified_radiograph()
    pixels = np.arange(256, dtype="<u2").reshape(16, 16)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = (pixels | 0x1000 * (pixels % 2)).tobytes()
    for number, vr, value in ((0x10, "US", 16), (0x11, "US", 16), (0x100, "US", 16), (0x102, "US", 12)):
        dataset.add_new(0x60000000 | number, vr, value)
    outcome = outcome_of(dataset)
    after = read_instance(outcome.content)
    assert after.PixelData == pixels.tobytes()
    assert not [one for one in after if one.tag.group == 0x6000]
    assert [one.action for one in outcome.decisions if one.tag == 0x7FE00010] == ["C"]


def jpeg(shared_data):
    """A small real JPEG frame."""
    path = next(shared_data.rglob("SC_rgb_jpeg_gdcm.dcm"))
    source = pydicom.dcmread(path)
    return next(generate_frames(source.PixelData, number_of_frames=1))


def test_comments_inside_a_compressed_frame_are_blanked(shared_data):
    frame = jpeg(shared_data)
    said = b"Hong Gildong 850101-1234568 "
    planted = (
        frame[:2] + b"\xff\xfe" + struct.pack(">H", len(said) + 2) + said + b"\xff\xe1" + struct.pack(">H", 6) + b"KIMS"
    )
    planted += frame[2:].rstrip(b"\0") + b"\0HONG"
    value = encapsulate([planted + b"\0" * (len(planted) % 2)])
    after = blanked(value, JPEGBaseline8Bit, 1)
    assert len(after) == len(value)
    assert b"Hong" not in after and b"KIMS" not in after and b"HONG" not in after
    assert frame[200:400] in after
    assert blanked(after, JPEGBaseline8Bit, 1) is after
    split = encapsulate([planted + b"\0" * (len(planted) % 2)], fragments_per_frame=3)
    assert b"Hong" not in blanked(split, JPEGBaseline8Bit, 1)
    with pytest.raises(Unreadable):
        blanked(encapsulate([b"Hong Gildong"]), JPEGBaseline8Bit, 1)


def test_every_compressed_frame_decodes_to_the_same_pixels(shared_data):
    reader = lambda instance, identity: PixelVerdict("clear", instance)  # noqa: E731
    seen = 0
    for name in (
        "SC_rgb_jpeg_gdcm",
        "JPEG2000",
        "JPEGLSNearLossless_08",
        "MR_small_jpeg_ls_lossless",
        "693_J2KI",
        "emri_small_jpeg_2k_lossless",
    ):
        for path in sorted((shared_data / "difficult_dicom").rglob(f"{name}.dcm")):
            data = path.read_bytes()
            outcome = deidentify_bytes(data, profile=PROFILE, key=KEY, pixels=reader)
            if outcome.status == "done":
                before, after = read_instance(data), read_instance(outcome.content)
                assert np.array_equal(before.pixel_array, after.pixel_array)
                seen += 1
    assert seen > 3


class Reader:
    """Somebody who looks, and what they say."""

    def __init__(self, word, confirmed=False):
        self.word, self.confirmed, self.asked = word, confirmed, []

    def __call__(self, instance, identity):
        self.asked.append(identity)
        return PixelVerdict(self.word, instance, confirmed=self.confirmed)


@pytest.mark.parametrize(
    ("word", "confirmed", "said"),
    [("clear", False, "clear"), ("covered", False, "covered"), ("covered", True, "confirmed"), ("doubtful", False, "")],
)
def test_who_can_look_decides_about_doubtful_pixels(word, confirmed, said):
    capture = identified_ct(SOPClassUID=CLASSES + "7", ConversionType="WSD")
    assert outcome_of(capture).reason == "doubtful-pixels"
    reader = Reader(word, confirmed)
    outcome = outcome_of(capture, pixels=reader)
    assert (outcome.reason, outcome.pixels) == (("", said) if said else ("doubtful-pixels", "not looked"))
    assert reader.asked[0].found_in("홍길동")
    if said:
        after = read_instance(outcome.content)
        assert after.BurnedInAnnotation == "NO"
        assert after.ConversionType == "WSD"
        assert any(one.tag == 0x7FE00010 and one.action == "C" for one in outcome.decisions) == (word == "covered")


def test_a_radiograph_says_clean_pixels_only_where_somebody_looked():
    def options(after):
        return {item.CodeValue for item in after.DeidentificationMethodCodeSequence}

    assert "113101" not in options(result(identified_radiograph()))
    assert "113101" in options(result(identified_radiograph(), pixels=Reader("clear")))
    reader = Reader("clear")
    assert "113101" in options(result(identified_ct(), pixels=reader))
    assert reader.asked == []


def test_faces_need_somebodys_word():
    profile = Profile.load([*DEFAULT, "113102"])
    assert outcome_of(identified_ct(), profile).reason == "visual-features"
    after = result(identified_ct(RecognizableVisualFeatures="NO"), profile)
    assert after.RecognizableVisualFeatures == "NO"


def test_what_is_known_of_the_study_is_searched_for():
    known = identity_of(take_apart(as_bytes(identified_ct(PatientName="Carotid^Kim"))).elements)
    described = identified_ct(SeriesDescription="CHEST Carotid")
    assert "Carotid" in result(described).SeriesDescription
    assert "Carotid" not in result(described, identity=known).SeriesDescription


def test_what_is_still_told_is_kept_back(monkeypatch):
    monkeypatch.setattr("firstlight.dicom.cleaning.cleaned", lambda text, *_: text)
    outcome = outcome_of(identified_ct(SeriesDescription="Hong Gildong"))
    assert (outcome.status, outcome.reason, outcome.content) == ("refused", "residual", None)


def test_a_standard_term_stays_although_somebody_is_called_so():
    after = result(identified_ct(PatientName="Ct^Original", PatientSpeciesDescription=""))
    assert after.Modality == "CT"
    assert after.ImageType[0] == "ORIGINAL"


def test_icons_signatures_and_documents_go():
    dataset = identified_ct()
    signature = Dataset()
    signature.Signature = b"HONG"
    dataset.DigitalSignaturesSequence = Sequence([signature])
    dataset.EncapsulatedDocument = b"HONG"
    dataset.add_new(0x00080000, "UL", 4)
    after = result(dataset)
    assert not {0x00080000, 0xFFFAFFFA}.intersection(int(one.tag) for one in after)
    assert after.EncapsulatedDocument.rstrip(b"\0") == EMPTY_PAGE


def test_an_empty_page_takes_the_place_of_a_document():
    dataset = without_image(
        "104.1", "DOC", MIMETypeOfEncapsulatedDocument="application/pdf", DocumentTitle="흉부 CT 홍길동"
    )
    dataset.EncapsulatedDocument, dataset.BurnedInAnnotation = b"%PDF-1.4 HONG GILDONG", "YES"
    outcome = outcome_of(dataset)
    after = read_instance(outcome.content)
    assert after.EncapsulatedDocument.rstrip(b"\0") == EMPTY_PAGE
    assert (after.DocumentTitle, after.MIMETypeOfEncapsulatedDocument) == ("흉부 CT", "application/pdf")
    assert (after.BurnedInAnnotation, traces(outcome.content)) == ("NO", set())
    assert scan(after, profile=PROFILE).strip == ()


def test_the_second_look_finds_a_document_that_is_not_the_empty_page():
    after = result(without_image("104.1", "DOC", EncapsulatedDocument=b"%PDF-1.4 HONG"))
    after.EncapsulatedDocument = b"%PDF-1.4 SOMETHING ELSE "
    assert 0x00420011 in scan(after, profile=PROFILE).strip


def test_the_empty_page_is_a_pdf_whose_table_points_to_its_objects():
    places = [int(line.split()[0]) for line in EMPTY_PAGE.split(b"xref\n")[1].splitlines()[2:5]]
    assert [EMPTY_PAGE[place:].startswith(f"{number} 0 obj".encode()) for number, place in enumerate(places, 1)] == [
        True
    ] * 3
    assert EMPTY_PAGE[178:].startswith(b"xref")


@pytest.mark.parametrize(("said", "stays"), [("홍길동", "REMOVED"), ("폐렴 의심, 홍길동", "폐렴 의심")])
def test_a_key_object_keeps_its_description_and_the_description_its_concept(said, stays):
    described = content("TEXT", code("113012", "DCM", "Key Object Description"), TextValue=said)
    after = items_of(result(without_image("88.59", "KO", ContentSequence=Sequence([described]))))
    assert after["113012"].TextValue == stays


@pytest.mark.parametrize(
    ("number", "vr", "value", "stays"),
    [
        (0x00431027, "SH", "0.984:1", True), (0x00431027, "SH", "HONG", False),
        (0x0019109E, "LO", "efgre3d", True), (0x0019109E, "LO", "FSE-XL", True),
        (0x0019109E, "LO", "Gildong", False), (0x0019109E, "LO", "19283746", False),
    ],
)  # fmt: skip
def test_safe_private_text_stays_in_the_form_of_its_row_alone(number, vr, value, stays):
    dataset = identified_ct()
    dataset.add_new(number & 0xFFFF0000 | 0x10, "LO", "GEMS_PARM_01" if number >> 16 == 0x43 else "GEMS_ACQU_01")
    dataset.add_new(number, vr, value)
    after = result(dataset, Profile.load((*DEFAULT, "113111")))
    assert (after[number].value == value) if stays else number not in after


@pytest.mark.parametrize(
    ("title", "character_set"),
    [("폐렴 의심, 홍길동", ["", "ISO 2022 IR 149"]), ("폐렴 의심", ["", "ISO 2022 IR 149"]), ("CT 홍길동", None)],
)
def test_korean_text_leaves_in_the_letters_it_came_in(title, character_set):
    dataset = identified_ct()
    dataset.SpecificCharacterSet, dataset.StudyDescription = ["", "ISO 2022 IR 149"], title
    after = result(dataset)
    assert after.get("SpecificCharacterSet") == character_set
    assert after.StudyDescription == title.replace(", 홍길동", "").replace(" 홍길동", "")


def test_a_syllable_that_ks_x_1001_spells_by_its_parts_leaves_in_utf_8():
    dataset = identified_ct(StudyDescription="뷁 폐렴")
    dataset.SpecificCharacterSet = ["", "ISO 2022 IR 149"]
    outcome = outcome_of(dataset)
    assert read_instance(outcome.content).StudyDescription == "폐렴"
    assert in_its_own_letters({0x00080005: CHARACTER_SET_UTF_8, 0x00081030: UNSPELLED}, KOREAN) == {
        0x00080005: CHARACTER_SET_UTF_8, 0x00081030: UNSPELLED,
    }  # fmt: skip


CHARACTER_SET_UTF_8 = Element(0x00080005, "CS", b"ISO_IR 192")
KOREAN = {0x00080005: Element(0x00080005, "CS", b"\\ISO 2022 IR 149")}
UNSPELLED = Element(0x00081030, "LO", "뷁".encode())
