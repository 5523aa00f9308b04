import random
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.dicom.identity import NOBODY, Identity, folded
from firstlight.dicom.profile import read_data
from firstlight.dicom.words import cleaned
from tests.dicom import planted

PHRASES = Path(__file__).with_name("clinical_phrases.txt").read_text("utf-8").splitlines()


def clean(text, identity=NOBODY):
    return cleaned(text, "imaging", identity)


def words_of(text):
    return re.findall(r"[^\W_]+", text)


def test_clinical_words_survive():
    words = [(word, phrase) for phrase in PHRASES for word in words_of(phrase)]
    lost = [(word, phrase) for word, phrase in words if word not in words_of(clean(phrase))]
    assert len(PHRASES) >= 430
    assert len(lost) <= len(words) / 1000, lost


@pytest.mark.parametrize("seed", range(4))
def test_no_planted_name_survives(seed):
    dice = random.Random(seed)
    for _ in range(300):
        name, phrase = dice.choice(planted.NAMES), dice.choice(planted.CLINICAL)
        text = " ".join(dice.sample([phrase, planted.spelled(name, dice)], 2))
        secret = {part for part in re.findall(r"[^\W\d_]+", folded(name)) if len(part) > 2 or part >= "가"}
        left = {folded(word) for word in words_of(clean(text))} - {folded(word) for word in words_of(phrase)}
        assert not secret & left, "a planted name is left"
        assert folded(name).replace(" ", "") not in folded(clean(text)).replace(" ", "")


@pytest.mark.parametrize("seed", range(4))
def test_no_planted_number_or_date_survives(seed):
    dice = random.Random(seed)
    for _ in range(300):
        phrase = dice.choice(planted.CLINICAL)
        for form, _ in (planted.number(dice), planted.date(dice)):
            after = clean(" ".join(dice.sample([phrase, form], 2)))
            assert set(re.findall(r"\d+", after)) <= set(re.findall(r"\d+", phrase)), (form, after)


@pytest.mark.parametrize("place", planted.PLACES)
@pytest.mark.parametrize("phrase", planted.CLINICAL)
def test_no_planted_place_survives_and_the_clinical_words_do(place, phrase):
    after = clean(f"{phrase}, {place}")
    assert {*words_of(after)} <= {*words_of(phrase)} | {"Hospital", "University", "병원"}
    assert {*words_of(phrase)} <= {*words_of(after)}


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("95 year old male", "90+ year old male"),
        ("만 101세 여자, 폐렴", "만 90+세 여자, 폐렴"),
        ("89 yo", "89 yo"),
        ("Long axis view", "Long axis view"),
        ("J. Long, chest pain", "chest pain"),
        ("Dr. Long requests CT", "requests CT"),
        ("Dr White", ""),
        ("white matter", "white matter"),
        ("MR BROWN", ""),
        ("BROWN TUMOR", "BROWN TUMOR"),
        ("DR CHEST PA", "DR CHEST PA"),
        ("Thorax^ThorRoutine (Adult)", "Thorax^ThorRoutine (Adult)"),
        ("Thornwick^Quillan", ""),
        ("tech: AP", ""),
        ("CHEST AP", "CHEST AP"),
        ("referred by Rose, cough", "referred by cough"),
        ("S M I T H chest", "chest"),
        ("Baker cyst", "Baker cyst"),
        ("Baker", ""),
        ("Hodgkin lymphoma", "Hodgkin lymphoma"),
        ("Room 412", "Room"),
        ("at 10:30", "at 10:30"),
        ("2020-03-12 10:30:21", ""),
        ("3 months ago", "3 months ago"),
        ("12MAR2020", ""),
        ("image 12/25", "image 12/25"),
        ("seen 12/25", "seen"),
        ("이상 소견", "이상 소견"),
        ("이상 교수 의뢰", "교수 의뢰"),
        ("홍 길 동 폐암", "폐암"),
        ("전 후 비교", "전 후 비교"),
        ("2020년 3월 12일 촬영, 3개월 전 폐렴", "촬영, 3개월 전 폐렴"),
        ("가온누리병원 영상", "영상"),
        ("타병원 영상", "타병원 영상"),
        ("게실염, 당뇨발, 하대정맥 필터", "게실염, 당뇨발, 하대정맥 필터"),
        ("발열과 기침 3일, 수술 후 2일", "발열과 기침 3일, 수술 후 2일"),
        ("3일 촬영", "촬영"),
        ("고관절 골절, 전위, 요양원", "고관절 골절, 전위, 요양원"),
        ("임^연하 검사", "검사"),
        ("김 연하 검사", "검사"),
        ("박해식 폐렴", "폐렴"),
        ("이종술 흉부 CT", "흉부 CT"),
        ("circle of Willis", "circle of Willis"),
        ("Bone age, Greulich and Pyle", "Bone age, Greulich and Pyle"),
        ("Lymphoma, Deauville 2", "Lymphoma, Deauville 2"),
        ("Wilson 3", "3"),
        ("Ankle Weber B, Thornwick Aldous", "Ankle Weber B"),
        ("LUMBAR SPINE L4-L5 9716362", "LUMBAR SPINE L4-L5"),
        ("MRI brain (Trust Chuma)", "MRI brain"),
        ("CT CHEST (Thornwick Ho)", "CT CHEST"),
        ("BAG PRADIPTO", ""),
        ("follow up of pneumonia Promise", "follow up of pneumonia"),
        ("ep2d_diff_3scan_trace_p2_ADC", "ep2d_diff_3scan_trace_p2_ADC"),
        ("t1_vibe_fs_tra_bh_pre", "t1_vibe_fs_tra_bh_pre"),
        ("850101-1234567", ""),
        ("850101-5234567", ""),
        ("Ｔｅｌ ０１０－１２３４－５６７８", ""),
    ],
)
def test_by_example(text, after):
    assert clean(text) == after


def test_decomposed_hangul_is_read_like_composed():
    assert clean(unicodedata.normalize("NFD", "홍길동 폐렴 의심")) == "폐렴 의심"


def test_nothing_invisible_hides_a_name():
    assert clean("Thorn\u200bwick chest") == "chest"


def test_what_everybody_says_goes_where_it_is_the_patients_own():
    park = Identity(frozenset({"chest"}))
    assert clean("CT chest", park) == "CT"
    assert clean("SmartPrep", Identity(frozenset({"smart"}))) == "Prep"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*PHRASES, *planted.NAMES, *planted.PLACES, "12/03/2020", "1234567"]), max_size=4))
def test_cleaning_what_is_clean_changes_nothing(parts):
    once = clean(" ".join(parts))
    assert clean(once) == once


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_comes_back_without_long_numbers(text):
    after = clean(text)
    assert not re.search(r"\d{5}", after)
    assert clean(after) == after


def test_the_lists_say_whence_they_are_and_hold_no_digits():
    english = read_data("english.json")
    assert all(source["licence"] for source in english["sources"])
    assert not re.search(r"[^a-z \n]", " ".join(english["words"].values()) + english["lower"])
    assert read_data("korean.json")["licence"] == read_data("clinical.json")["licence"] == "Own work"
    assert all(source["licence"] for source in read_data("korean.json")["sources"])


@pytest.mark.parametrize(
    "model",
    ["Aplio 500", "uCT 530", "CR 85", "DRX-1", "Discovery 710", "ACUSON S3000", "Orian 1.5T", "Ingenuity Core 128"],
)
def test_a_model_keeps_its_number(model):
    assert cleaned(model, "models") == model


@pytest.mark.parametrize(
    "software",
    ["MX_APPS_5.5", "27\\LX\\MR Software release:DV26.0_R02_1810.b", "3.6.0.32760", "Intellispace Portal 11.1"],
)
def test_software_keeps_its_version(software):
    assert cleaned(software, "versions") == software
