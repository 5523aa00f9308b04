"""Invented people, hospitals and their numbers, drawn from a seed; none of them exists."""

import random
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

# hanja, hangul, and how people write it in Latin letters (the first is the passport's habit)
FAMILY = (
    ("金", "김", "Kim", "Gim"), ("李", "이", "Lee", "Yi"), ("朴", "박", "Park", "Bak"), ("崔", "최", "Choi", "Choe"),
    ("鄭", "정", "Jung", "Jeong"), ("姜", "강", "Kang", "Gang"), ("趙", "조", "Cho", "Jo"), ("尹", "윤", "Yoon", "Yun"),
    ("張", "장", "Chang", "Jang"), ("林", "임", "Rhim", "Im"), ("徐", "서", "Suh", "Seo"), ("權", "권", "Kwon", "Gwon"),
    ("黃", "황", "Hwang", "Whang"),
    ("宋", "송", "Song", "Song"), ("柳", "류", "Ryu", "Yoo"), ("洪", "홍", "Hong", "Hong"),
    ("南宮", "남궁", "Namkoong", "Namgung"), ("鮮于", "선우", "Sunwoo", "Seonu"), ("裵", "배", "Bae", "Pae"),
    ("盧", "노", "Roh", "No"), ("卞", "변", "Byun", "Byeon"), ("玉", "옥", "Ock", "Ok"),
)  # fmt: skip
GIVEN = (
    ("敏", "민", "Min", "Min"), ("俊", "준", "Jun", "Joon"), ("瑞", "서", "Seo", "Suh"), ("潤", "윤", "Yun", "Yoon"),
    ("智", "지", "Ji", "Jee"), ("賢", "현", "Hyun", "Hyeon"), ("恩", "은", "Eun", "Un"), ("惠", "혜", "Hye", "Hye"),
    ("鎬", "호", "Ho", "Ho"), ("泰", "태", "Tae", "Tae"), ("熙", "희", "Hee", "Hui"), ("哲", "철", "Chul", "Cheol"),
    ("東", "동", "Dong", "Dong"), ("吉", "길", "Gil", "Kil"), ("妍", "연", "Yeon", "Yon"), ("宇", "우", "Woo", "U"),
    ("夏", "하", "Ha", "Ha"), ("麟", "린", "Rin", "Lin"), ("律", "율", "Yul", "Yool"), ("彩", "채", "Chae", "Chai"),
    ("彬", "빈", "Bin", "Been"), ("承", "승", "Seung", "Sung"),
    ("載", "재", "Jae", "Jai"), ("炳", "병", "Byung", "Byeong"),
    ("勳", "훈", "Hoon", "Hun"), ("奎", "규", "Kyu", "Gyu"), ("順", "순", "Soon", "Sun"), ("末", "말", "Mal", "Mal"),
    ("羅", "라", "Ra", "La"), ("榮", "영", "Young", "Yeong"),
)  # fmt: skip
# syllables that KS X 1001 has no place for: eight bytes of jamo each in ISO 2022 IR 149
RARE = (("믜", "Mui"), ("숌", "Shom"), ("펲", "Pep"), ("쯘", "Jjeun"), ("햏", "Haet"), ("윪", "Yulm"), ("슌", "Shun"))
WESTERN_FAMILY = (
    "Müller", "Sørensen", "García", "O'Connell", "van der Berg", "Kowalski", "Lindström", "Okonkwo", "Petrov", "Dubois",
    "Fernández", "Whitfield", "Harrington", "Castellano", "Nakamura", "Grünwald", "Björklund", "Abernathy", "Thibault",
    "Vasquez", "Ellingsworth", "Marchetti", "Hollister", "Zimmermann",
)  # fmt: skip
WESTERN_GIVEN = (
    "José", "Annelise", "Magnús", "Theodora", "Caoimhe", "Bartholomew", "Ingrid", "Françoise", "Dmitri", "Wilhelmina",
    "Rosalind", "Ezekiel", "Marguerite", "Cornelius", "Beatriz", "Sebastián", "Philippa", "Renée", "Leopold",
    "Gwendolyn",
)  # fmt: skip
TOWNS = (
    "가람시 솔빛구 이음로",
    "누리시 새벽구 물결길",
    "한별군 달빛면 구름로",
    "다온시 은하구 노을대로",
    "서울특별시 종로구 벼루길",
)
STREETS = ("Larkspur Crescent", "Old Foundry Road", "Quayside Terrace", "Marigold Avenue", "Saltmarsh Lane")
CITIES = ("Brackenford", "Port Ellery", "Nordhaven", "Saint-Aubrac", "Villa Serena")
HOSPITALS = (
    ("해오름대학교병원", "Haeoreum University Hospital", "haeoreum"), ("다솜의료원", "Dasom Medical Center", "dasommc"),
    ("푸른솔병원", "Pureunsol Hospital", "pureunsol"), ("새마루대학교병원", "Saemaru National Hospital", "saemaru"),
    ("아라누리병원", "Aranuri Clinic", "aranuri"), ("은가비의료원", "Eungabi Medical Centre", "eungabi"),
    ("Krankenhaus Brückental", "Brückental Infirmary", "bruckental"),
    ("Hôpital Sainte-Élodie", "Saint Elodie", "ste-elodie"),
)  # fmt: skip
MAILS = ("example.org", "example.net", "example.com")


@dataclass(frozen=True)
class Name:
    """A person's name as it may be written; western people have no hangul."""

    family: str
    given: str
    family_hangul: str = ""
    given_hangul: str = ""
    family_hanja: str = ""
    given_hanja: str = ""
    other_latin: tuple[str, str] = ("", "")

    @property
    def latin(self) -> str:
        return f"{self.family}^{self.given}"

    @property
    def hangul(self) -> str:
        return self.family_hangul + self.given_hangul

    @property
    def hanja(self) -> str:
        return self.family_hanja + self.given_hanja

    @property
    def person_name(self) -> str:
        """As a PN value with the groups that the name has."""
        if not self.hangul:
            return self.latin
        return f"{self.latin}={self.family_hanja}^{self.given_hanja}={self.family_hangul}^{self.given_hangul}"

    def written(self, chance: random.Random, *, korean: bool) -> str:
        """The name as somebody would type it into a text field."""
        return chance.choice(self.hangul_forms() if korean and self.hangul else self.latin_forms())

    def hangul_forms(self) -> list[str]:
        """Plain, spaced, reversed in order, decomposed, and in Chinese letters."""
        given, family = self.given_hangul, self.family_hangul
        forms = [self.hangul, f"{family} {given}", " ".join(self.hangul), f"{family}^{given}", self.hangul]
        return [*forms, self.hanja] if self.hanja else forms

    def latin_forms(self) -> list[str]:
        """Orders, cases and joins that modalities, clerks and physicians use."""
        family, given = self.family, self.given
        return [
            f"{given} {family}", f"{family}, {given}", f"{family} {given}".upper(), f"{family}^{given}".upper(),
            f"{family}_{given}", f"{given.lower()} {family.lower()}", f"{family}{given}".upper(), f"{given} {family}",
        ]  # fmt: skip

    def romanised_otherwise(self) -> str:
        """Another habit of Latin letters for the same hangul, which no header field holds."""
        family, given = self.other_latin
        return f"{given} {family}"

    def strings(self) -> set[str]:
        """Every form that would be a leak wherever it stood."""
        forms = {*self.latin_forms(), f"{self.given[::-1]}"} if self.family else set()
        if self.hangul:
            forms |= {*self.hangul_forms(), self.romanised_otherwise(), f"{self.family_hanja}^{self.given_hanja}"}
        return {form for form in forms if form.strip()}


@dataclass(frozen=True)
class Hospital:
    """Where a study was made, with what only this hospital writes."""

    name: str
    english: str
    domain: str
    address: str
    telephone: str
    department: str
    station: str
    serial: str
    uid_root: str
    ae_title: str
    ward: str

    def strings(self) -> set[str]:
        """Every form that tells which hospital it was."""
        return {
            self.name, self.english, self.english.upper(), self.domain, self.address, self.telephone, self.station,
            self.serial, self.uid_root, self.ae_title,
        }  # fmt: skip


@dataclass(frozen=True)
class Patient:
    """Somebody with every number that a hospital has for them."""

    number: int
    name: Name
    korean: bool
    patient_id: str
    other_id: str
    resident_number: str
    insurance: str
    born_on: date
    sex: str
    telephone: str
    home_telephone: str
    mail: str
    address: str
    mother: Name
    hospital: Hospital
    staff: dict[str, Name] = field(default_factory=dict)

    def strings(self) -> dict[str, set[str]]:
        """What would identify them, by category."""
        return {
            "name": self.name.strings() | self.mother.strings(),
            "staff": set().union(*(name.strings() for name in self.staff.values())),
            "patient number": {self.patient_id, self.other_id, self.insurance},
            "resident number": {self.resident_number, self.resident_number.replace("-", "")},
            "birth date": {f"{self.born_on:%Y%m%d}", f"{self.born_on:%Y-%m-%d}", f"{self.born_on:%Y.%m.%d}"},
            "telephone": {self.telephone, self.home_telephone, self.telephone.replace("-", "")},
            "e-mail": {self.mail},
            "address": {self.address},
            "institution": self.hospital.strings(),
        }

    def age_at(self, moment: datetime) -> str:
        """As AS value: whole years."""
        years = moment.year - self.born_on.year - ((moment.month, moment.day) < (self.born_on.month, self.born_on.day))
        return f"{max(years, 1):03d}Y"


ROLES = ("referring", "performing", "operator", "reading", "requesting")


def patient_of(seed: int, number: int, words: frozenset[str]) -> Patient:
    """The patient that a seed leads to; `words` are clinical ones that no name may equal."""
    chance = random.Random(f"{seed}/patient/{number}")
    korean = chance.random() < 0.7
    hospital = hospital_of(chance, korean)
    digits = "".join(chance.choice("0123456789") for _ in range(60))
    born_on = date(1921, 1, 1) + timedelta(days=chance.randrange(365 * 90))
    sex = chance.choice("MF")
    name = _name(chance, words, korean)
    return Patient(
        number=number, name=name, korean=korean, patient_id=_chart_number(chance), born_on=born_on, sex=sex,
        other_id=f"{chance.choice(('EXT', 'OLD', 'VIP'))}{digits[:7]}", hospital=hospital,
        resident_number=_resident_number(chance, born_on, sex), insurance=f"{chance.randrange(1, 9)}{digits[8:18]}",
        telephone=f"010-{digits[20:24]}-{digits[24:28]}" if korean else f"+44 7700 900{digits[20:23]}",
        home_telephone=f"0{chance.choice((2, 31, 51, 62, 64))}-{chance.randrange(2, 9)}{digits[28:30]}-{digits[30:34]}",
        mail=f"{_plain(name.given).lower()}.{digits[40:43]}@{chance.choice(MAILS)}",
        address=_address(chance, korean), mother=_name(chance, words, korean),
        staff={role: _name(chance, words, korean) for role in ROLES},
    )  # fmt: skip


def hospital_of(chance: random.Random, korean: bool) -> Hospital:
    """One of the hospitals, with numbers of its own."""
    name, english, domain = chance.choice(HOSPITALS[:6] if korean else HOSPITALS[6:])
    digits = "".join(chance.choice("123456789") for _ in range(16))
    return Hospital(
        name, english, f"{domain}.example", _address(chance, korean), f"02-{digits[:3]}0-{digits[3:7]}",
        "영상의학과" if korean else "Radiology", f"{domain[:3].upper()}MOD{digits[7:10]}", f"SN{digits[8:16]}",
        f"1.2.410.200{digits[:3]}.{digits[3:7]}", f"{domain[:5].upper()}PACS{digits[10:12]}",
        f"{digits[1]}{digits[2]}병동" if korean else f"Ward {digits[1]}{digits[2]}B",
    )  # fmt: skip


def _name(chance: random.Random, words: frozenset[str], korean: bool) -> Name:
    if not korean:
        return Name(chance.choice(WESTERN_FAMILY), chance.choice(WESTERN_GIVEN))
    while True:
        family, first, second = chance.choice(FAMILY), chance.choice(GIVEN), chance.choice(GIVEN)
        if chance.random() < 0.08:
            hangul, latin = chance.choice(RARE)
            second = ("〇", hangul, latin, latin)
        name = _joined(family, first, second, chance)
        if first != second and not ({name.given_hangul, name.hangul, name.given.lower()} & words):
            return name


def _joined(family: tuple[str, ...], first: tuple[str, ...], second: tuple[str, ...], chance: random.Random) -> Name:
    hanja = "" if second[0] == "〇" else first[0] + second[0]
    join = chance.choice(("", "", "-", " "))
    given = first[2] + join + (second[2] if join else second[2].lower())
    return Name(
        family[2], given, family[1], first[1] + second[1], family[0] if hanja else "", hanja,
        (family[3], f"{first[3]}-{second[3].lower()}"),
    )  # fmt: skip


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isascii() and c.isalnum())


def _chart_number(chance: random.Random) -> str:
    digits = "".join(chance.choice("123456789") for _ in range(8))
    return chance.choice((digits, f"{digits[:4]}-{digits[4:]}", f"R{digits}", f"MRN{digits[:7]}", digits[:7]))


def _resident_number(chance: random.Random, born_on: date, sex: str) -> str:
    """Shaped like one; its last digits are chance, as all issued since October 2020 are (no check digit holds)."""
    foreign = chance.random() < 0.15
    mark = (3 if born_on.year >= 2000 else 1) + (sex == "F") + (4 if foreign else 0)
    tail = "".join(chance.choice("0123456789") for _ in range(6))
    return f"{born_on:%y%m%d}{chance.choice(('-', '-', ''))}{mark}{tail}"


def _address(chance: random.Random, korean: bool) -> str:
    if korean:
        return f"{chance.choice(TOWNS)} {chance.randrange(3, 299)}번길 {chance.randrange(2, 99)}"
    return f"{chance.randrange(3, 299)} {chance.choice(STREETS)}, {chance.choice(CITIES)}"
