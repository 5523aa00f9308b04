"""Readiness as a part of the switch: set up with an outbreak, taken back with it, kept once someone has worked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from firstlight.outbreaks.actions import activate_outbreak, undo_activation
from firstlight.outbreaks.hooks import dependents_of, news_of, tasks_of
from firstlight.outbreaks.models import Outbreak
from firstlight.readiness.actions import change_item
from firstlight.readiness.forms import PlaybookForm
from firstlight.readiness.models import Board, OutbreakPlaybook
from tests.cast import DAWN, Cast
from tests.readiness.conftest import after, hospital

PLANS = {"readiness": {"playbook": "contact"}}


def switch_on(cast: Cast) -> Outbreak:
    hospital("north", cast.maru)
    names = {"name_ko": "이름", "name_en": "Name"}
    return activate_outbreak(by=cast.ara, at=DAWN, slug="fever-9", plans=PLANS, **names)


def test_activating_an_outbreak_starts_its_playbook(cast: Cast) -> None:
    outbreak = switch_on(cast)
    assert Board.objects.get(outbreak=outbreak).edition.key == "contact"
    assert [each.title_en for each in news_of(outbreak, at=DAWN) if "contact" in each.title_en]


def test_an_activation_nobody_has_worked_on_can_be_undone(cast: Cast) -> None:
    undo_activation(switch_on(cast), by=cast.ara, at=after(minutes=1))
    assert not Board.objects.exists()
    assert not OutbreakPlaybook.objects.exists()


def test_once_a_department_works_it_stays(cast: Cast) -> None:
    outbreak = switch_on(cast)
    change_item(Board.objects.get(), 1, by=cast.maru, at=after(minutes=1), state="in_progress")
    assert any("1 department works" in each for each in dependents_of(outbreak))
    with pytest.raises(ValidationError):
        undo_activation(outbreak, by=cast.ara, at=after(minutes=2))


def test_an_outbreak_without_a_playbook_starts_none(cast: Cast) -> None:
    assert PlaybookForm({"playbook": ""}).is_valid()
    assert not PlaybookForm({"playbook": "unknown"}).is_valid()
    assert cast.outbreak
    assert not Board.objects.exists()


def test_what_is_late_waits_for_those_who_can_change_it(cast: Cast) -> None:
    outbreak = switch_on(cast)
    later = DAWN + timedelta(days=30)
    assert [each.url for each in tasks_of(outbreak, member=cast.maru, at=later) if "overdue" in str(each.label)]
    for member in (cast.noel, cast.ara, None):
        assert not [each for each in tasks_of(outbreak, member=member, at=later) if "overdue" in str(each.label)]
    assert not [each for each in tasks_of(outbreak, member=cast.maru, at=DAWN) if "overdue" in str(each.label)]
