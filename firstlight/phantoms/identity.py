"""Invented people with everything a header may give away, for software that must find and remove it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from firstlight.phantoms.texture import stream

_FAMILY: Final = (
    ("가", "假", "Ga"), ("나", "羅", "Na"), ("도", "都", "Do"), ("모", "毛", "Mo"), ("설", "薛", "Seol"),
    ("온", "溫", "On"), ("피", "皮", "Pi"), ("하", "河", "Ha"), ("환", "幻", "Hwan"), ("허", "虛", "Heo"),
)  # fmt: skip
_GIVEN: Final = (
    ("상인", "想人", "Sangin"), ("몽중", "夢中", "Mongjung"), ("새벽", "曙星", "Saebyeok"),
    ("무명", "無名", "Mumyeong"), ("가온", "佳溫", "Gaon"), ("시험", "試驗", "Siheom"),
    ("한빛", "韓光", "Hanbit"), ("이슬", "二瑟", "Iseul"), ("허구", "虛構", "Heogu"), ("누리", "樓理", "Nuri"),
)  # fmt: skip
_TOWNS: Final = ("가상시 상상구 허구로", "없는시 그림구 꿈길", "가공시 모의구 시험대로")


@dataclass(frozen=True)
class PlantedIdentity:
    """A fictional Korean patient as a careless header tells of them; every field is invented."""

    patient_name: str
    patient_name_hangul: str
    patient_id: str
    other_patient_id: str
    resident_number: str
    telephone: str
    born_on: date
    address: str
    mother_birth_name: str
    referring_physician: str
    performing_physician: str
    operator: str
    institution: str
    institution_english: str
    institution_address: str
    department: str
    station_name: str
    accession_number: str
    device_serial_number: str
    private_text: str
    insurance_plan: str

    def texts(self) -> tuple[str, ...]:
        """Every string whose appearance in a de-identified file would be a leak."""
        strings = [value for value in vars(self).values() if isinstance(value, str)]
        return (*strings, *self.patient_name.split("="), self.born_on.strftime("%Y%m%d"))


def planted_identity(seed: int, *, sex: str = "M", born_on: date | None = None) -> PlantedIdentity:
    """The identity that a seed leads to, of names and places that do not exist."""
    chance = stream(seed, "identity")
    drawn_on = date(1935, 1, 1) + timedelta(days=int(chance.integers(0, 365 * 65)))
    born_on = born_on or drawn_on
    digits = "".join(str(d) for d in chance.integers(0, 10, 24))
    patient, doctor, performer, operator, mother = (_name(*chance.integers(0, 10, 2).tolist()) for _ in range(5))
    return PlantedIdentity(
        patient_name="=".join((patient[2], patient[1], patient[0])),
        patient_name_hangul=patient[0].replace("^", ""),
        patient_id=digits[:8],
        other_patient_id=f"IMAG-{digits[8:14]}",
        resident_number=_resident_number(born_on, sex, digits[14:20]),
        telephone=f"010-0000-{digits[4:8]}",
        born_on=born_on,
        address=f"{_TOWNS[int(digits[0]) % 3]} {int(digits[1:3]) + 1}번길 {int(digits[3]) + 1}",
        mother_birth_name="=".join((mother[2], mother[1], mother[0])),
        referring_physician="=".join((doctor[2], doctor[1], doctor[0])),
        performing_physician="=".join((performer[2], performer[1], performer[0])),
        operator="=".join((operator[2], operator[1], operator[0])),
        institution="가상대학교병원",
        institution_english="Imaginary University Hospital",
        institution_address="가상시 상상구 병원로 0번지",
        department="영상의학과",
        station_name=f"IUHCT{digits[20:22]}",
        accession_number=f"A{digits[6:16]}",
        device_serial_number=f"SN-{digits[10:18]}",
        private_text=f"{patient[0].replace('^', '')} 님 병실 {digits[2:5]}호 보호자 연락처 010-0000-{digits[18:22]}",
        insurance_plan=f"가상건강보험 {digits[5:15]}",
    )


def _name(first: int, second: int) -> tuple[str, str, str]:
    family, given = _FAMILY[first], _GIVEN[second]
    return f"{family[0]}^{given[0]}", f"{family[1]}^{given[1]}", f"{family[2]}^{given[2]}"


def _resident_number(born_on: date, sex: str, digits: str) -> str:
    """Shaped like a resident registration number, with a check digit that is always wrong."""
    mark = (3 if born_on.year >= 2000 else 1) + (sex == "F")
    body = f"{born_on:%y%m%d}{mark}{digits[:5]}"
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    right = (11 - sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11) % 10
    return f"{body[:6]}-{body[6:]}{(right + 5) % 10}"
