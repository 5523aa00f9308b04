import pytest

from firstlight.outbreaks.actions import activate_outbreak
from firstlight.outbreaks.hooks import dependents_of
from firstlight.surveillance.actions import Statement, record_numbers, take_back_panel
from firstlight.surveillance.forms import PanelForm
from firstlight.surveillance.models import Panel, Ranking
from firstlight.surveillance.queries import home_place, ranking_for
from tests.cast import DAWN, Cast


def test_activating_an_outbreak_gives_it_a_panel(cast: Cast) -> None:
    form = PanelForm({"place": "jp", "sources": "jhu  csv"})
    assert form.is_valid()
    outbreak = activate_outbreak(
        by=cast.ara, at=DAWN, slug="other", name_ko="이름", name_en="Name", plans={"numbers": form.cleaned_data}
    )
    statements = [Statement(place=place, day=DAWN.date(), citation="x", cases=1) for place in ("KR", "JP")]
    assert [source.key for source in ranking_for(outbreak, "KR", at=DAWN)] == ["jhu", "csv"]
    assert dependents_of(outbreak) == []
    record_numbers(outbreak, statements, by="command:test", at=DAWN)
    assert home_place(outbreak) == "JP"
    assert dependents_of(outbreak) == ["2 imports of numbers belong to it."]


def test_what_was_set_up_can_be_taken_back(cast: Cast) -> None:
    plan = {"place": "KR", "sources": "jhu"}
    outbreak = activate_outbreak(
        by=cast.ara, at=DAWN, slug="other", name_ko="이름", name_en="Name", plans={"numbers": plan}
    )
    take_back_panel(outbreak)
    assert not Panel.objects.exists()
    assert not Ranking.objects.exists()


@pytest.mark.parametrize("data", [{"place": "QQ"}, {"sources": "who"}, {"sources": "jhu jhu"}])
def test_a_plan_that_cannot_be_is_refused(data: dict[str, str]) -> None:
    assert not PanelForm(data).is_valid()


def test_an_empty_plan_is_a_plan() -> None:
    form = PanelForm({})
    assert form.is_valid()
    assert form.cleaned_data == {"place": "", "sources": ""}
