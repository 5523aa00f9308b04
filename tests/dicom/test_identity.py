import pickle
import time
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydicom import Dataset

from firstlight.dicom.identity import NOBODY, TITLES, identity_of
from firstlight.dicom.romanization import names, spellings, surnames
from firstlight.dicom.scan import _elements
from firstlight.dicom.words import cleaned


def identity(**values):
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return identity_of(_elements(dataset))


HONG = identity(PatientName="Hong^Gildong=洪^吉洞=홍^길동")
THORN = identity(PatientName="Thornwick^Mary Ann^^Dr.^Jr", PatientID="12-345-678", AccessionNumber="A0047-11X")


@pytest.mark.parametrize(
    "text",
    [
        "HONG GILDONG", "gildong hong", "HongGildong", "GILDONGHONG", "Gil-dong Hong", "H O N G", "홍길동", "홍 길 동",
        "홍길동님", "길동이", "길동 홍", "洪吉洞", "洪 吉洞",
        "hong_gildong", "Kildong", "HONG^GILDONG", "Hong, G.D.", "GD Hong",
        unicodedata.normalize("NFD", "홍길동"), "ＨＯＮＧ", "see Hong's film",
    ],
)  # fmt: skip
def test_a_korean_name_is_found(text):
    plain = unicodedata.normalize("NFC", text)
    assert HONG.found_in(plain)
    assert not HONG.found_in(cleaned(f"CT chest {text} 폐렴", "imaging", HONG))
    assert cleaned(f"CT chest; {text}; 폐렴", "imaging", HONG).startswith("CT chest")


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("이^상은", "Lee Sang Eun"), ("이^상은", "YI SANGEUN"), ("이^상은", "Rhee Sangeun"),
        ("박^지영", "Pak Jiyoung"),
        ("박^지영", "ji young park"), ("최^준호", "Choe Junho"), ("최^준호", "CHOI JOONHO"),
        ("정^미숙", "Chung Misook"),
        ("유^영철", "Ryu Youngchul"), ("남궁^민수", "Namkoong Minsoo"),
        ("강^현우", "Kang Hyunwoo"), ("김^성희", "KIM SUNG HEE"),
    ],
)  # fmt: skip
def test_a_name_is_found_in_the_other_script(hangul, latin):
    assert identity(PatientName=f"=={hangul}").found_in(latin)
    family, given_name = hangul.split("^")
    spelled = f"{family}{given_name}"
    other = identity(PatientName="^".join((latin.split()[0], "".join(latin.split()[1:]))))
    assert other.found_in(spelled) or latin.split()[0].lower() not in surnames()[family]


@pytest.mark.parametrize(
    "text",
    ["THORNWICK", "Mary-Ann Thornwick", "M Thornwick", "M.A. Thornwick", "mathornwick", "T h o r n w i c k",
     "annthornwick",
     "12345678", "1234 5678", "12.345.678", "x12345678y", "A0047-11X", "a004711x", "THORNWICKS"],
)  # fmt: skip
def test_a_western_name_or_number_is_found(text):
    assert THORN.found_in(text) or not THORN.found_in(cleaned(text, "imaging", THORN))
    assert "hornwick" not in cleaned(text, "imaging", THORN).lower()
    assert not any(map(str.isdigit, cleaned(text, "imaging", THORN)))


def test_titles_and_parts_of_words_are_not_the_patient():
    assert not THORN.found_in("DR CHEST PA")
    assert not identity(PatientName="Long^Rose").found_in("prolonged necrosed")
    assert not identity(PatientName="=한^유리").found_in("간유리음영")
    assert identity(PatientName="Long^Rose").found_in("LONG AXIS")


def test_umlauts_are_found_written_out_and_plain():
    mueller = identity(PatientName="Müllenbach^Jörg")
    assert all(map(mueller.found_in, ("MULLENBACH", "Muellenbach", "joerg", "Müllenbach")))


def test_institutions_leave_their_distinctive_words_only():
    gaon = identity(
        InstitutionName="Gaon Chest Hospital", InstitutionAddress="서울특별시 종로구 대학로 101", StationName="CTGAON7"
    )
    assert all(map(gaon.found_in, ("GAON", "at Gaon Chest Hospital", "gaon chest hospital", "종로구")))
    assert not gaon.found_in("CT chest, sent from another hospital")


def test_people_are_found_at_any_depth():
    item = Dataset()
    item.PerformingPhysicianName = "Osgathorpe^Mirabeth"
    assert identity(ReferencedStudySequence=[item]).found_in("per OSGATHORPE")


def test_it_shows_and_costs_little():
    both = HONG | THORN
    assert repr(both) == "Identity(…)"
    assert (both | HONG) is both
    assert pickle.loads(pickle.dumps(both)) == both
    assert not NOBODY.found_in("Hong")
    assert both.tells(frozenset({"thornwick"})) and not both.tells(frozenset({"chest"}))
    begun = time.perf_counter()
    for number in range(2000):
        both.found_in(f"CT chest without contrast, 폐렴 의심, series {number}")
    assert time.perf_counter() - begun < 2


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(surnames())),
    st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=2),
)
def test_every_spelling_is_found_in_both_orders(family, given_name):
    assume(given_name not in TITLES)
    patient = identity(PatientName=f"=={family}^{given_name}")
    assert patient.found_in(f"{family}{given_name}") and patient.found_in(" ".join(family + given_name))
    for latin in sorted(spellings(given_name))[:3]:
        assert patient.found_in(f"{surnames()[family][0]} {latin}")
    assert len(names(family, given_name)) < 60000
