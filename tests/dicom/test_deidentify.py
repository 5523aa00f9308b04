import copy
import io
import struct
from datetime import date

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGLSLossless

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import Refused, deidentify, deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import DEFAULT, Profile
from firstlight.dicom.scan import scan
from tests.phantoms import HONG, KIM, PLANTED, as_bytes, identified_ct, identified_radiograph, uid

KEY = SiteKey.from_bytes(b"0123456789abcdef")
PROFILE = Profile.load()


def done(dataset, profile=PROFILE, key=KEY):
    outcome = deidentify_bytes(as_bytes(dataset), profile=profile, key=key)
    assert (outcome.status, outcome.reason) == ("done", "")
    return outcome


def result(dataset, profile=PROFILE, key=KEY):
    return read_instance(done(dataset, profile, key).content)


def traces(content: bytes) -> set[str]:
    """Which planted words are in the bytes, in any of the encodings they were planted in."""
    forms = {word: {word.encode(codec, "ignore") for codec in ("utf-8", "euc_kr")} - {b""} for word in PLANTED}
    return {word for word, found in forms.items() if any(form in content for form in found)}


@pytest.mark.parametrize("character_set", ["ISO_IR 192", ["", "ISO 2022 IR 149"]])
@pytest.mark.parametrize("make", [identified_ct, identified_radiograph])
def test_nothing_planted_is_left(make, character_set):
    source = as_bytes(make(character_set=character_set))
    assert len(traces(source)) >= len(PLANTED) - 3
    outcome = deidentify_bytes(source, profile=PROFILE, key=KEY)
    assert traces(outcome.content) == set()
    assert traces(str(outcome.path).encode()) == set()
    assert traces(repr(outcome).encode()) == set()


def test_what_the_image_needs_stays():
    source, after = identified_ct(), result(identified_ct())
    for keyword in (
        "SOPClassUID", "Modality", "ImageType", "Manufacturer", "ManufacturerModelName", "SoftwareVersions",
        "SeriesDescription", "ProtocolName", "BodyPartExamined", "ConvolutionKernel", "KVP", "SliceThickness",
        "PatientSex", "PatientAge", "PatientWeight", "PatientPosition", "ImagePositionPatient", "RescaleType",
        "ImageOrientationPatient", "PixelSpacing", "WindowCenter", "Rows", "PixelData", "StudyTime", "InstanceNumber",
    ):  # fmt: skip
        assert after[keyword].value == source[keyword].value, keyword
    assert after.StudyDescription == "흉부 CT"
    assert after.SpecificCharacterSet == "ISO_IR 192"


def test_the_object_says_how_it_was_de_identified():
    after = result(identified_ct())
    assert after.PatientIdentityRemoved == "YES"
    assert after.DeidentificationMethod.startswith("Firstlight")
    codes = [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert codes == [*DEFAULT]
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"
    assert after.BurnedInAnnotation == "NO"


def test_file_meta_and_preamble_are_new():
    content = done(identified_ct()).content
    assert content[:128] == b"\0" * 128
    meta = read_instance(content).file_meta
    assert "SourceApplicationEntityTitle" not in meta
    assert meta.ImplementationVersionName == "FIRSTLIGHT"
    assert meta.MediaStorageSOPInstanceUID == read_instance(content).SOPInstanceUID


def test_patients_are_kept_apart_and_together():
    one, two, other = result(identified_ct(1)), result(identified_radiograph()), result(identified_ct(patient=KIM))
    assert one.PatientID == two.PatientID == str(one.PatientName)
    assert one.PatientID != other.PatientID
    assert one.PatientID != result(identified_ct(), key=SiteKey.from_bytes(b"another secret of 16")).PatientID


def test_a_patient_without_id_is_known_by_the_study():
    one = result(identified_ct(1, PatientID=""))
    assert one.PatientID == result(identified_ct(2, PatientID="")).PatientID
    assert one.PatientID != result(identified_ct(1, PatientID="", study=9)).PatientID


def test_references_still_fit():
    first = result(identified_ct(1, series=1))
    after = result(identified_ct(4))
    assert after.ReferencedImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert after.StudyInstanceUID == first.StudyInstanceUID
    assert after.SeriesInstanceUID != first.SeriesInstanceUID
    assert after.ReferencedImageSequence[0].ReferencedSOPClassUID == first.SOPClassUID


DATES = st.dates(date(1930, 1, 1), date(2060, 12, 31))


@settings(max_examples=60, deadline=None)
@given(DATES, DATES)
def test_intervals_are_exact_to_the_day(one, other):
    days = [
        date.fromisoformat(result(identified_ct(study_date=f"{day:%Y%m%d}", size=2)).StudyDate) for day in (one, other)
    ]
    assert days[1] - days[0] == other - one
    assert days[0] < one


def test_moments_keep_their_form():
    after = result(identified_ct())
    assert after.AcquisitionDateTime == f"{after.StudyDate}093015.25+0900"


@pytest.mark.parametrize("impossible", ["20200231", "00000000", "20201301"])
def test_impossible_dates_are_removed(impossible):
    assert result(identified_ct(study_date=impossible)).StudyDate == ""


@pytest.mark.parametrize(("age", "after"), [("089Y", "089Y"), ("090Y", "090Y"), ("101Y", "090Y"), ("999M", "999M")])
def test_the_very_old_are_pooled(age, after):
    assert result(identified_ct(PatientAge=age)).PatientAge == after


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"BurnedInAnnotation": "YES"}, "burned-in-annotation"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "doubtful-pixels"),
        ({"ConversionType": "WSD"}, "doubtful-pixels"),
        ({"RecognizableVisualFeatures": "YES"}, "doubtful-pixels"),
        ({"PhotometricInterpretation": "RGB"}, "doubtful-pixels"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "doubtful-pixels"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"}, "doubtful-pixels"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66"}, "raw-data"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.2"}, "document"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.9.4.1"}, "audio"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.1.1"}, "video"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.38.1"}, "unknown-sop-class"),
        ({"SOPClassUID": "1.3.6.1.4.1.5"}, "unknown-sop-class"),
        ({"PixelData": None}, "no-pixel-data"),
    ],
)
def test_what_cannot_be_judged_is_kept_back(changes, reason):
    dataset = identified_ct(**changes)
    outcome = deidentify_bytes(as_bytes(dataset), profile=PROFILE, key=KEY)
    assert (outcome.status, outcome.reason, outcome.content, outcome.path) == ("refused", reason, None, None)
    assert outcome.study_instance_uid == KEY.uid(uid(1))


def test_overlays_and_curves_go_and_overlays_among_the_bits_are_kept_back():
    dataset = identified_ct()
    dataset.add_new(0x60000010, "US", 16)
    dataset.add_new(0x60000102, "US", 12)
    assert deidentify_bytes(as_bytes(dataset), profile=PROFILE, key=KEY).reason == "doubtful-pixels"
    dataset.add_new(0x60003000, "OW", b"HONG" * 8)
    dataset.add_new(0x50003000, "OW", b"HONG" * 8)
    content = done(dataset).content
    assert b"HONG" not in content
    assert not [one for one in read_instance(content) if one.tag.group in (0x5000, 0x6000)]


def test_pixel_padding_and_icons_hide_nothing():
    dataset = identified_ct()
    dataset.PixelData += b"HONG GILDONG"
    icon = Dataset()
    icon.Rows = icon.Columns = 2
    icon.BitsAllocated = 8
    icon.PixelData = b"HONG"
    dataset.IconImageSequence = Sequence([icon])
    dataset.DataSetTrailingPadding = b"HONG"
    content = done(dataset).content
    assert b"HONG" not in content
    assert len(read_instance(content).PixelData) == 16 * 16 * 2


def test_names_are_found_wherever_they_stand():
    dataset = identified_ct(
        SeriesDescription="CHEST GILDONG AXIAL", Manufacturer="HONG Medical", ImageType=["ORIGINAL", "GILDONG"],
        BodyPartExamined="GILDONG", ConvolutionKernel="Hong", ScanOptions="19283746",
    )  # fmt: skip
    after = result(dataset)
    assert after.SeriesDescription == "CHEST AXIAL"
    assert after.Manufacturer == "Medical"
    assert [*after.ImageType] == ["ORIGINAL", ""]
    assert after.BodyPartExamined in ("", None)
    assert traces(done(dataset).content) == set()


def test_an_element_with_another_vr_than_the_standard_goes():
    dataset = identified_ct()
    dataset.add_new(0x00180060, "LO", "Hong")
    assert "KVP" not in result(dataset)


def test_codes_of_no_standard_scheme_go():
    dataset = identified_ct()
    local, standard = Dataset(), Dataset()
    local.CodeValue, local.CodingSchemeDesignator, local.CodeMeaning = "홍길동", "99GAON", "홍길동"
    standard.CodeValue, standard.CodingSchemeDesignator, standard.CodeMeaning = "39607008", "SCT", "Lung"
    dataset.AnatomicRegionSequence = Sequence([local, standard])
    [item] = result(dataset).AnatomicRegionSequence
    assert (item.CodeValue, item.CodeMeaning) == ("39607008", "Lung")


def test_sequences_are_cleaned_at_any_depth():
    dataset = identified_ct()
    inner = Dataset()
    inner.PatientName, inner.ReferencedSOPInstanceUID = HONG.name, uid(8)
    for _ in range(12):
        outer = Dataset()
        outer.SourceImageSequence = Sequence([inner])
        inner = outer
    dataset.SourceImageSequence = Sequence([inner])
    outcome = done(dataset)
    assert traces(outcome.content) == set()
    assert KEY.uid(uid(8)).encode() in outcome.content
    assert max(len(decision.path) for decision in outcome.decisions) == 13


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_other_native_encodings(syntax):
    source = identified_ct()
    plain = result(source)
    if syntax == ExplicitVRBigEndian:
        source.PixelData = np.frombuffer(source.PixelData, "<i2").astype(">i2").tobytes()
    source.file_meta.TransferSyntaxUID = syntax
    after = result(source)
    wanted = syntax if syntax == ImplicitVRLittleEndian else "1.2.840.10008.1.2.1"
    assert after.file_meta.TransferSyntaxUID == wanted
    assert after.PixelData == plain.PixelData
    assert after.Rows == 16
    assert {int(one.tag) for one in after} == {int(one.tag) for one in plain}
    assert after.PixelSpacing == plain.PixelSpacing


def test_encapsulated_pixel_data_is_passed_through():
    dataset = identified_ct()
    dataset.compress(JPEGLSLossless)
    after = result(dataset)
    assert after.PixelData == dataset.PixelData
    assert after.file_meta.TransferSyntaxUID == JPEGLSLossless


def test_the_same_input_gives_the_same_bytes():
    assert done(identified_ct()).content == done(identified_ct()).content


def test_a_data_set_in_memory_is_left_as_it_is():
    dataset = identified_ct()
    before = copy.deepcopy(dataset)
    after = deidentify(dataset, profile=PROFILE, key=KEY)
    assert dataset == before
    assert after.dataset.PatientID == KEY.pseudonym("19283746")
    assert after.decisions == done(dataset).decisions
    with pytest.raises(Refused) as refused:
        deidentify(identified_ct(BurnedInAnnotation="YES"), profile=PROFILE, key=KEY)
    assert refused.value.reason == "burned-in-annotation"


def test_every_element_has_its_decision():
    dataset = identified_ct()
    decided = {decision.tag for decision in done(dataset).decisions if not decision.path}
    assert {int(one.tag) for one in dataset} <= decided
    assert all(decision.reason for decision in done(dataset).decisions)


def test_what_is_done_scans_clean():
    for dataset in (identified_ct(), identified_radiograph(), identified_ct(character_set=["", "ISO 2022 IR 149"])):
        found = scan(result(dataset), profile=PROFILE)
        assert (found.claims_deidentified, found.strip, found.doubts) == (True, (), ())


@pytest.mark.parametrize(
    ("options", "dates", "study_date"),
    [([], "REMOVED", ""), (["113106"], "UNMODIFIED", "20200220"), (["113107"], "MODIFIED", None)],
)
def test_options_of_dates(options, dates, study_date):
    after = result(identified_ct(), profile=Profile.load(options))
    assert after.LongitudinalTemporalInformationModified == dates
    if study_date is not None:
        assert after.StudyDate == study_date


def test_other_options():
    bare = result(identified_ct(), profile=Profile.load([]))
    assert "PatientAge" not in bare
    assert bare.PatientSex == ""
    assert "StudyDescription" not in bare
    full = result(identified_ct(), profile=Profile.load(["113109", "113110", "113112", "113106"]))
    assert full.StationName == "CT7-ROOM3"
    assert full.SOPInstanceUID == uid(1, 2, 1)
    assert full.InstitutionName == "가온누리병원"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\\\0\x1b"), max_size=60))
def test_no_unknown_word_survives_in_a_description(text):
    dataset = identified_ct(size=2, SeriesDescription="CHEST " + text.strip())
    content = done(dataset).content
    after = read_instance(content).SeriesDescription or ""
    assert "CHEST" in after
    assert len(after) <= len("CHEST " + text)


KNOWN_AFTER = {"CHEST", "MR", "CT"}


@settings(max_examples=150, deadline=None)
@given(
    st.from_regex(r"\A[A-Z][a-z]{3,9}xq\Z"), st.sampled_from(["{} CHEST", "CHEST^{}", "CHEST_{}", "{}흉부", "CT{}CT"])
)
def test_invented_names_never_survive(name, form):
    content = done(identified_ct(size=2, StudyDescription=form.format(name), ProtocolName=form.format(name))).content
    assert name.encode() not in content


@pytest.mark.parametrize(
    "number",
    [
        "850101-1234568",
        "8501011234568",
        "010-9876-5432",
        "01098765432",
        "19283746",
        "2020-02-20",
        "020.1234.5678",
        "#4321",
    ],
)
@pytest.mark.parametrize(
    "keyword",
    [
        "SeriesDescription",
        "Manufacturer",
        "ManufacturerModelName",
        "SoftwareVersions",
        "ConvolutionKernel",
        "FilterType",
    ],
)
def test_numbers_never_survive_in_text(number, keyword):
    content = done(identified_ct(**{keyword: number})).content
    assert number.encode() not in content


def test_korean_characters_outside_the_common_set(shared_data):
    for name in ("chrI2.dcm", "chrKoreanMulti.dcm"):
        for path in (shared_data / "difficult_dicom").rglob(name):
            korean = pydicom.dcmread(path)
            dataset = identified_ct(character_set=korean.SpecificCharacterSet)
            dataset["PatientName"] = korean["PatientName"]
            outcome = done(dataset)
            parts = [part for part in str(korean.PatientName).replace("=", "^").split("^") if len(part) > 1]
            assert not [part for part in parts if part.encode() in outcome.content]


def test_real_series_keeps_its_pixels(shared_data):
    for path in sorted((shared_data / "ct_ricord").rglob("*.dcm"))[:5]:
        source = pydicom.dcmread(path)
        after = read_instance(deidentify_bytes(path.read_bytes(), profile=PROFILE, key=KEY).content)
        assert len(after.PixelData) == len(source.PixelData)
        assert np.array_equal(after.pixel_array, source.pixel_array)
        assert after.StudyDescription == source.StudyDescription
        assert after.PatientID != source.PatientID


def test_big_endian_pixels_of_real_files_equal_their_little_twins(shared_data):
    folder = shared_data / "difficult_dicom" / "pydicom_test_files"
    pairs = [("MR_small_bigendian.dcm", "MR_small.dcm"), ("MR_small_expb.dcm", "MR_small.dcm")]
    for big, little in pairs:
        after = [
            deidentify_bytes((folder / name).read_bytes(), profile=PROFILE, key=KEY).content for name in (big, little)
        ]
        one, other = (pydicom.dcmread(io.BytesIO(content)) for content in after)
        assert np.array_equal(one.pixel_array, other.pixel_array)


def test_swapping_is_by_word():
    dataset = identified_ct()
    dataset.SmallestImagePixelValue = -2
    dataset.add_new(0x00189306, "FD", 0.625)
    raw = struct.unpack("<16h", dataset.PixelData[:32])
    dataset.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    after = result(dataset)
    assert after.SmallestImagePixelValue == -2
    assert after[0x00189306].value == 0.625
    assert struct.unpack("<16h", after.PixelData[:32]) == raw
