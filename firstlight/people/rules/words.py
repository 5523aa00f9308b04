"""What people write over the columns and into the cells of a members' list, in Korean and English."""

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Column(StrEnum):
    """What a column of a members' list holds."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    INSTITUTION = "institution"
    SPECIALTY = "specialty"
    LANGUAGE = "language"
    ROLE = "role"


def plain_word(text: str) -> str:
    """A word without case, spaces and signs: what is compared."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


# The surest name first: a list with both 휴대전화 and 전화번호 means the first of them.
HEADINGS: Mapping[Column, Sequence[str]] = {
    Column.NAME: (
        "이름", "성명", "회원명", "회원이름", "성함", "한글이름", "한글성명", "name", "fullname", "membername",
    ),
    Column.EMAIL: (
        "이메일", "이메일주소", "전자우편", "전자우편주소", "전자메일", "메일", "메일주소",
        "email", "emailaddress", "mail",
    ),
    Column.PHONE: (
        "휴대전화", "휴대전화번호", "휴대폰", "휴대폰번호", "핸드폰", "핸드폰번호", "이동전화",
        "mobile", "mobilephone", "mobilenumber", "cellphone", "cell", "hp",
        "전화", "전화번호", "연락처", "phone", "phonenumber", "telephone", "tel",
    ),
    Column.INSTITUTION: (
        "소속", "소속기관", "소속병원", "기관", "기관명", "병원", "병원명", "근무처", "근무기관", "직장",
        "institution", "affiliation", "hospital", "organisation", "organization",
    ),
    Column.SPECIALTY: (
        "전문분야", "세부전공", "세부전문분야", "세부분야", "분과", "전공",
        "specialty", "speciality", "subspecialty", "subspeciality", "section",
    ),
    Column.LANGUAGE: ("언어", "사용언어", "language", "lang"),
    Column.ROLE: ("역할", "권한", "회원구분", "role", "roles"),
}  # fmt: skip

SPECIALTIES: Mapping[str, Sequence[str]] = {
    "chest": ("흉부", "흉부영상", "흉부영상의학", "chest", "chestradiology", "thoracic", "thoracicradiology"),
    "cardiovascular": (
        "심장혈관", "심혈관", "심장", "심장영상", "심혈관영상", "심장혈관영상",
        "cardiovascular", "cardiovascularradiology", "cardiac", "cardiacradiology",
    ),
    "abdominal": (
        "복부", "복부영상", "복부영상의학", "소화기", "abdominal", "abdominalradiology", "abdomen", "gastrointestinal",
        "gi",
    ),
    "neuro": (
        "신경", "신경두경부", "신경영상", "두경부", "신경두경부영상", "뇌신경",
        "neuro", "neuroradiology", "neuroradiologyandheadandneck", "headandneck",
    ),
    "musculoskeletal": (
        "근골격", "근골격계", "근골격영상", "musculoskeletal", "musculoskeletalradiology", "msk",
    ),
    "breast": ("유방", "유방영상", "breast", "breastradiology", "breastimaging"),
    "genitourinary": (
        "비뇨생식", "비뇨생식기", "비뇨생식영상", "비뇨기", "genitourinary", "genitourinaryradiology", "gu",
        "urogenital",
    ),
    "paediatric": (
        "소아", "소아영상", "paediatric", "pediatric", "paediatricradiology", "pediatricradiology", "paediatrics",
        "pediatrics",
    ),
    "interventional": (
        "인터벤션", "중재", "중재영상", "중재시술", "혈관중재", "interventional", "interventionalradiology",
        "intervention", "ir",
    ),
    "emergency": ("응급", "응급영상", "emergency", "emergencyradiology"),
    "ultrasound": ("초음파", "ultrasound", "us"),
    "general": ("일반", "영상의학", "영상의학과", "일반영상의학", "general", "generalradiology", "radiology"),
    "trainee": (
        "전공의", "수련의", "레지던트", "trainee", "resident", "radiologistintraining", "radiologyresident",
    ),
    "radiographer": ("방사선사", "radiographer", "radiologictechnologist", "technologist", "rt"),
    "other": ("기타", "그외", "그밖의분야", "other", "anotherspecialty"),
}  # fmt: skip

LANGUAGES: Mapping[str, Sequence[str]] = {
    "ko": ("ko", "kor", "kr", "korean", "한국어", "한글", "국문"),
    "en": ("en", "eng", "english", "영어", "영문"),
}

ROLES: Mapping[str, Sequence[str]] = {
    "member": ("member", "회원", "정회원", "준회원"),
    "editor": ("editor", "편집자", "편집위원"),
    "reader": ("reader", "판독자", "판독의"),
    "coordinator": ("coordinator", "sitecoordinator", "기관담당자", "기관책임자", "코디네이터"),
    "committee": ("committee", "accesscommittee", "위원회", "심의위원", "접근심의위원"),
    "administrator": ("administrator", "admin", "관리자"),
}


def meanings(vocabulary: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """From each word people write, plain, to what it means."""
    return {plain_word(word): meaning for meaning, words in vocabulary.items() for word in words}
