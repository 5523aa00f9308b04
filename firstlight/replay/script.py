"""What is played: people, the outbreak, the cases, read from the TOML files of a replay's folder."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from firstlight.phantoms import Lesion, Patient, slice_showing

KOREA_2020 = Path(__file__).parent / "korea_2020"
CLOCK = ZoneInfo("Asia/Seoul")
LANGUAGES = ("ko", "en")
Modality = Literal["CT", "DX", "CR"]
View = Literal["PA", "AP"]


@dataclass(frozen=True)
class KeyImageScript:
    """A key image: the lesion it shows (from 1), or its place in the stack (0 apex to 1 base)."""

    at: float
    lesion: int | None
    caption_ko: str
    caption_en: str


@dataclass(frozen=True)
class MarkScript:
    """A mark on the image through a lesion (from 1), or at a place in the stack; points are (column, row)."""

    at: float
    lesion: int | None
    kind: str
    points: tuple[tuple[float, float], ...]
    label_ko: str
    label_en: str


@dataclass(frozen=True)
class CellScript:
    """One cell of a case's arrangement: a study (from 1) at one of its key images (from 1)."""

    study: int
    key_image: int


@dataclass(frozen=True)
class ArrangementScript:
    """The view that readers of a case begin with."""

    layout: str
    linked: bool
    cells: tuple[CellScript, ...]


@dataclass(frozen=True)
class StudyScript:
    """One study of a synthetic patient."""

    modality: Modality
    patient: Patient
    lesions: tuple[Lesion, ...]
    slices: int
    slice_thickness_mm: float
    view: View
    studied_at: datetime
    key_images: tuple[KeyImageScript, ...]
    marks: tuple[MarkScript, ...] = ()

    def place_of(self, image: KeyImageScript | MarkScript) -> int:
        """The slice of a key image or mark, from 0: through its lesion where it names one, else at its place."""
        by_share = round(image.at * (self.slices - 1))
        if image.lesion is None or self.modality != "CT":
            return by_share
        through = slice_showing(
            self.patient,
            self.lesions,
            image.lesion,
            slices=self.slices,
            slice_thickness_mm=self.slice_thickness_mm,
        )
        return by_share if through is None else through


@dataclass(frozen=True)
class CaseScript:
    """One teaching case: who wrote it, who published it and when, its texts and studies."""

    number: int
    created_by: str
    published_by: str
    begun_at: datetime
    submitted_at: datetime
    published_at: datetime
    texts: dict[str, Any]
    studies: tuple[StudyScript, ...]
    arrangement: ArrangementScript | None = None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file of the replay."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of that day on the replay's own clock."""
    return datetime.combine(day, time(hour, minute), CLOCK)


def cases(folder: Path = KOREA_2020) -> Iterator[CaseScript]:
    """The cases in the order of their numbers."""
    for path in sorted((folder / "cases").glob("*.toml")):
        yield case_script(read_toml(path))


def case_script(raw: dict[str, Any]) -> CaseScript:
    """One case file: written the day before it was published, sent for review that evening."""
    day = raw["published_on"]
    eve = day - timedelta(days=1)
    return CaseScript(
        number=raw["number"],
        created_by=raw["created_by"],
        published_by=raw["published_by"],
        begun_at=moment(eve, 14),
        submitted_at=moment(eve, 19, 30),
        published_at=moment(day, 9),
        texts=_texts(raw),
        studies=_studies(raw["studies"], day),
        arrangement=_arrangement(raw["arrangement"]) if "arrangement" in raw else None,
    )


def _arrangement(raw: dict[str, Any]) -> ArrangementScript:
    return ArrangementScript(raw["layout"], raw["linked"], tuple(CellScript(**each) for each in raw["cells"]))


def _texts(raw: dict[str, Any]) -> dict[str, Any]:
    plain = {name: raw[name] for name in ("certainty", "licence", "sign_off")}
    plain["tags"] = [tag.lower().replace("_", "-") for tag in raw["tags"]]
    both = {
        f"{name}_{each}": raw[f"{name}_{each}"].strip()
        for name in ("title", "history", "findings", "diagnosis", "discussion", "sign_off_note")
        for each in LANGUAGES
    }
    points = {
        f"teaching_points_{each}": "\n".join(f"- {point}" for point in raw[f"teaching_points_{each}"])
        for each in LANGUAGES
    }
    references = "\n".join(reference_line(each) for each in raw.get("references", []))
    return {**plain, **both, **points, "references": references, "is_synthetic": raw["synthetic"]}


def reference_line(raw: dict[str, Any]) -> str:
    """A reference as one line, its DOI last."""
    volume = str(raw.get("volume", "")) + (f"({raw['issue']})" if raw.get("issue") else "")
    place = ":".join(part for part in (volume, str(raw.get("pages", ""))) if part)
    source = " ".join(str(part) for part in (raw["journal"], raw.get("year", "")) if part)
    whole = ";".join(part for part in (source, place) if part)
    parts = [raw.get("authors", ""), raw["title"], whole, f"doi:{raw['doi']}" if raw.get("doi") else ""]
    return ". ".join(part.rstrip(".") for part in parts if part) + ("" if raw.get("doi") else ".")


def _studies(raw: list[dict[str, Any]], published_on: date) -> tuple[StudyScript, ...]:
    """A case's studies; the last was made two days before the case was published."""
    first_day = published_on - timedelta(days=2 + max(each["day_offset"] for each in raw))
    return tuple(_study(each, first_day + timedelta(days=each["day_offset"])) for each in raw)


def _study(raw: dict[str, Any], studied_on: date) -> StudyScript:
    return StudyScript(
        modality=raw["modality"],
        patient=Patient(seed=raw["patient_seed"], sex=raw["sex"], age_years=raw["age_years"]),
        lesions=tuple(Lesion(**each) for each in raw["lesions"]),
        slices=raw["slices"],
        slice_thickness_mm=raw.get("slice_thickness_mm", 0.0),
        view=raw.get("view", "PA"),
        studied_at=moment(studied_on, 10, 20),
        key_images=tuple(
            KeyImageScript(each["at"], each.get("lesion"), each["caption_ko"], each["caption_en"])
            for each in raw.get("key_images", [])
        ),
        marks=tuple(_mark(each) for each in raw.get("marks", [])),
    )


def _mark(raw: dict[str, Any]) -> MarkScript:
    points = tuple((float(x), float(y)) for x, y in raw["points"])
    return MarkScript(raw.get("at", 0.5), raw.get("lesion"), raw["kind"], points, raw["label_ko"], raw["label_en"])
