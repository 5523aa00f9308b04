"""The guided tour of a replay: a few days of it, each with what to look at."""

from dataclasses import dataclass
from datetime import date

from firstlight.outbreaks.models import Outbreak
from firstlight.replay.script import KOREA_2020, read_toml


@dataclass(frozen=True)
class Stop:
    """One stop of the tour: a day, where to look, and what was done then and is done here."""

    day: date
    path: str
    title_ko: str
    title_en: str
    text_ko: str
    text_en: str

    def address(self, slug: str) -> str:
        """The page to open, as it was on that day."""
        return f"{self.path.format(slug=slug)}?on={self.day.isoformat()}"


def has_tour(outbreak: Outbreak) -> bool:
    """Whether this is the outbreak that the tour leads through."""
    return outbreak.is_replay and outbreak.slug == read_toml(KOREA_2020 / "outbreak.toml")["slug"]


def stops() -> list[Stop]:
    """The stops of the tour, in the order of their days."""
    return [Stop(**each) for each in read_toml(KOREA_2020 / "tour.toml")["stops"]]
