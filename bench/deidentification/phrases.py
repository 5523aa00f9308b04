"""Free text as people write it: phrases with clinical words that must stay and identity that must go."""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from bench.deidentification.people import Patient

FOLDER = Path(__file__).parent / "wording"
PART = re.compile(r"\[([^\]]+)\]|\{(\w+)\}")
KOREAN = re.compile(r"[ᄀ-ᇿ㄰-㆏가-힣一-鿿]")

# a time of day without its date tells of nobody: it may stay or go
FREE = {"time"}


@dataclass(frozen=True)
class Text:
    """A phrase with its blanks filled."""

    text: str
    kept: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Moment:
    """What a phrase may say about a study."""

    studied_at: datetime
    accession: str


@lru_cache(maxsize=8)
def lines(language: str, folder: Path = FOLDER) -> tuple[str, ...]:
    """All phrases of a language, in the file's order."""
    text = (folder / f"{language}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def clinical_words() -> frozenset[str]:
    """Every word that stands in a phrase, so that no invented person is called by one."""
    literal = " ".join(re.sub(r"\{\w+\}", " ", line) for language in ("en", "ko") for line in lines(language))
    return frozenset(word.lower() for word in re.findall(r"\w+", literal))


def filled(
    chance: random.Random, patient: Patient, moment: Moment, *, korean: bool, most: int = 10240, folder: Path = FOLDER
) -> Text:
    """One phrase about a patient, of at most so many characters."""
    choices = lines("ko" if korean and patient.korean else "en", folder)
    while True:
        text = _filled(chance.choice(choices), chance, patient, moment, korean=korean)
        if len(text.text) <= most:
            return text


def _filled(line: str, chance: random.Random, patient: Patient, moment: Moment, *, korean: bool) -> Text:
    kept: list[str] = []
    removed: list[str] = []

    def put(match: re.Match[str]) -> str:
        if match[1]:
            kept.append(match[1])
            return match[1]
        value = BLANKS[match[2]](chance, patient, moment, korean)
        if match[2] not in FREE:
            removed.append(value)
        return value

    return Text(PART.sub(put, line), tuple(kept), tuple(removed))


def _patient(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    if patient.korean and not korean and chance.random() < 0.15:
        return patient.name.romanised_otherwise()
    written = patient.name.written(chance, korean=korean)
    return unicodedata.normalize("NFD", written) if korean and chance.random() < 0.1 else written


def _doctor(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    return patient.staff[chance.choice(sorted(patient.staff))].written(chance, korean=korean)


def _date(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    return _day(chance, moment.studied_at, korean)


def _day(chance: random.Random, day: datetime, korean: bool) -> str:
    shapes = (
        f"{day:%Y-%m-%d}", f"{day:%Y.%m.%d}", f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{day:%y.%m.%d}",
        f"{day.year}년 {day.month}월 {day.day}일" if korean else f"{day:%d %b %Y}",
        f"{day.month}월 {day.day}일" if korean else f"{day:%m/%d/%Y}",
        f"{day:%y}년 {day.month}월 {day.day}일" if korean else f"{day:%B} {day.day}, {day.year}",
    )  # fmt: skip
    return chance.choice(shapes)


def _birth(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    born = datetime(patient.born_on.year, patient.born_on.month, patient.born_on.day)  # noqa: DTZ001 - a day
    return _day(chance, born, korean)


def _resident(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    plain = patient.resident_number.replace("-", "")
    return chance.choice((f"{plain[:6]}-{plain[6:]}", plain, f"{plain[:6]} - {plain[6:]}", f"{plain[:6]} {plain[6:]}"))


def _phone(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    mobile = patient.telephone
    shapes = [mobile, patient.home_telephone, mobile.replace("-", "."), mobile.replace("-", " ")]
    if mobile.startswith("010"):
        shapes += [f"+82-10-{mobile[4:]}", f"(82)10{mobile[4:].replace('-', '')}", mobile.replace("-", "")]
    return chance.choice(shapes)


def _hospital(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    return patient.hospital.name if korean else patient.hospital.english


def _time(chance: random.Random, patient: Patient, moment: Moment, korean: bool) -> str:
    return f"{moment.studied_at:%H:%M}"


Blank = Callable[[random.Random, Patient, Moment, bool], str]
BLANKS: dict[str, Blank] = {
    "patient": _patient,
    "doctor": _doctor,
    "date": _date,
    "birth": _birth,
    "rrn": _resident,
    "phone": _phone,
    "hospital": _hospital,
    "time": _time,
    "patient_id": lambda _c, patient, _m, _k: patient.patient_id,
    "accession": lambda _c, _p, moment, _k: moment.accession,
    "address": lambda _c, patient, _m, _k: patient.address,
    "mail": lambda _c, patient, _m, _k: patient.mail,
    "url": lambda _c, patient, _m, _k: f"https://www.{patient.hospital.domain}/p/{patient.patient_id}",
    "ward": lambda _c, patient, _m, _k: patient.hospital.ward,
}
