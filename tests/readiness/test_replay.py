from datetime import date

from firstlight.people.models import Institution, Role
from firstlight.readiness.models import Board, ItemChange, RoomLogEntry
from firstlight.readiness.queries import approvals_of, board_view, plans_of, rooms_of, signing_of, trend_of
from firstlight.replay.readiness import draw_floor_plan, play_readiness
from firstlight.replay.script import KOREA_2020, moment, read_toml
from firstlight.web.clock import end_of_day
from tests.cast import Cast
from tests.readiness.conftest import hospital

SCRIPT = read_toml(KOREA_2020 / "readiness.toml")


def play(cast: Cast) -> Board:
    outbreak = cast.outbreak
    outbreak.activated_at = moment(date(2020, 1, 20), 9)
    outbreak.save()
    yi = cast.member("Yi", Role.MEMBER, Role.ADMINISTRATOR)
    hospital(SCRIPT["institution"], yi)
    return play_readiness(outbreak, {SCRIPT["by"]: yi})


def test_the_imaginary_department_gets_ready_between_january_and_april(cast: Cast) -> None:
    board = play(cast)
    scores = {day: board_view(board, end_of_day(day)).score for day in (date(2020, 1, 20), date(2020, 3, 12))}
    assert scores == {date(2020, 1, 20): 0, date(2020, 3, 12): 75}
    assert board_view(board, moment(date(2020, 5, 1), 9)).score == 100
    assert [each.score for each in trend_of(board, moment(date(2020, 5, 1), 9))][-1] == 100


def test_every_page_of_the_replay_has_something_to_show(cast: Cast) -> None:
    board = play(cast)
    at = moment(date(2020, 5, 1), 9)
    [plan] = plans_of(board, at)
    assert signing_of(plan, at)
    assert {status.state for _room, status in rooms_of(board.institution, at)} == {"free"}
    assert sum(len(row.conflicts) for row in approvals_of(board.institution, board.playbook, at)) == 2


def test_playing_twice_is_playing_once(cast: Cast) -> None:
    first = play(cast)
    before = (ItemChange.objects.count(), RoomLogEntry.objects.count())
    assert play_readiness(first.outbreak, {SCRIPT["by"]: cast.member("Yi")}) == first
    assert (ItemChange.objects.count(), RoomLogEntry.objects.count()) == before
    assert Institution.objects.count() == 1


def test_the_floor_plan_is_the_same_on_every_machine() -> None:
    assert draw_floor_plan() == draw_floor_plan()
    assert SCRIPT["fictional"]
