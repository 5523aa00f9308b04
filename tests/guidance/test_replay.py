"""The replay publishes each guideline on its day, and not before."""

import pytest

from firstlight.guidance.models import Draft
from firstlight.guidance.queries import guidelines_in_force
from firstlight.guidance.shipped import shipped
from firstlight.replay.guidance import play_guidance
from firstlight.replay.play import activate, enlist
from firstlight.replay.script import KOREA_2020, read_toml
from firstlight.web.clock import end_of_day, read_day

pytestmark = pytest.mark.django_db


def test_each_guideline_comes_out_on_its_day() -> None:
    _accounts, members = enlist(KOREA_2020)
    outbreak = activate(KOREA_2020)
    for _time in range(2):
        play_guidance(outbreak, members)

    def known(day: str) -> list[str]:
        in_force = guidelines_in_force(at=end_of_day(read_day(day)), outbreak=outbreak)
        return [each.guideline.slug for each in in_force]

    assert known("2020-03-01") == []
    assert known("2020-04-20") == ["acr-2020", "fleischner-2020"]
    assert known("2020-04-21") == ["ksr-kstr-2020", "acr-2020", "fleischner-2020"]
    assert set(known("2026-11-23")) == set(shipped())
    drafts = Draft.objects.filter(guideline__slug="ksr-kstr-2020")
    assert [(each.created_at.date().isoformat(), each.state) for each in drafts] == [("2020-04-06", "published")]


def test_the_tour_stops_at_the_guideline() -> None:
    stops = read_toml(KOREA_2020 / "tour.toml")["stops"]
    assert any(each["path"].endswith("/guidance/") and str(each["day"]) == "2020-04-21" for each in stops)
