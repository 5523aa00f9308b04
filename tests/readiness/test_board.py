from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from firstlight.audit.models import Entry
from firstlight.outbreaks.hooks import menu_of
from firstlight.people.models import Institution, Member
from firstlight.readiness import actions, playbook
from firstlight.readiness.models import Board, Edition, ItemChange
from firstlight.readiness.queries import board_view, comparison, history_of, item_now, summary, trend_of
from tests.cast import DAWN, Cast
from tests.readiness.conftest import after, hospital

BOARD = "/outbreaks/novel-2031/readiness/departments/north/"


def test_starting_gives_every_department_with_members_its_board(cast: Cast, board: Board) -> None:
    assert sorted(Board.objects.values_list("institution__slug", flat=True)) == ["north", "south"]
    hospital("empty")
    hospital("east", cast.sora)
    again = actions.start_playbooks(board.outbreak, playbook_key="respiratory", by=cast.ara, at=DAWN)
    assert sorted(each.institution.slug for each in again) == ["east", "north", "south"]
    assert Edition.objects.count() == 1
    assert ItemChange.objects.filter(board=board).count() == 44


def test_a_second_kind_of_outbreak_takes_the_second_playbook(cast: Cast) -> None:
    hospital("north", cast.maru)
    [board] = actions.start_playbooks(cast.outbreak, playbook_key="contact", by=cast.ara, at=DAWN)
    assert len(board_view(board, DAWN).rows) == len(board.playbook.items) < 44
    with pytest.raises(ValidationError):
        actions.start_playbooks(cast.outbreak, playbook_key="unknown", by=cast.ara, at=DAWN)


@pytest.mark.parametrize("name", ["Haneul", "Maru", "Sora", "Noel"])
def test_only_an_administrator_starts_everywhere(cast: Cast, name: str) -> None:
    member = cast.everyone()[name]
    assert member is not None
    with pytest.raises(PermissionDenied):
        actions.start_playbooks(cast.outbreak, playbook_key="contact", by=member, at=DAWN)
    assert not Board.objects.exists()


def test_a_board_keeps_its_words_when_the_playbook_changes(
    cast: Cast, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = {**playbook.documents()["respiratory"], "version": 2, "title_en": "Newer"}
    monkeypatch.setattr(actions, "documents", lambda: {"respiratory": newer})
    hospital("east", cast.sora)
    actions.start_playbooks(board.outbreak, playbook_key="respiratory", by=cast.ara, at=DAWN)
    versions = dict(Board.objects.values_list("institution__slug", "edition__version"))
    assert versions == {"north": 1, "south": 1, "east": 2}


def test_a_change_keeps_what_it_does_not_name_and_every_day_can_be_shown(cast: Cast, board: Board) -> None:
    first = item_now(board, 15, DAWN)
    actions.change_item(board, 15, by=cast.maru, at=after(days=1), state="in_progress", owner="Maru")
    actions.change_item(board, 15, by=cast.maru, at=after(days=3), state="done", evidence="on the wall")
    days = [board_view(board, after(days=each)).rows[14].now for each in (0, 1, 2, 3)]
    assert [each.state for each in days] == ["open", "in_progress", "in_progress", "done"]
    assert (days[3].owner, days[3].due_on) == ("Maru", first.due_on)
    assert [line.changed for line in history_of(board, 15, after(days=3))] == [
        ("state", "evidence"),
        ("state", "owner"),
        ("started",),
    ]
    assert Entry.objects.filter(verb="readiness.item_changed").count() == 2
    assert board_view(board, after(days=2)).score == 0
    assert board_view(board, after(days=3)).score == 100 // 44


def test_saying_nothing_new_writes_nothing(cast: Cast, board: Board) -> None:
    before = item_now(board, 1, DAWN)
    assert actions.change_item(board, 1, by=cast.maru, at=after(days=1), state=before.state) == before
    actions.change_item(board, 1, by=cast.maru, at=after(days=1), comment="we are on it")
    assert [line.changed for line in history_of(board, 1, after(days=1))] == [(), ("started",)]


def test_whoever_comes_second_is_told_and_loses_nothing(cast: Cast, board: Board, client: Client) -> None:
    seen = item_now(board, 2, DAWN).pk
    actions.change_item(board, 2, by=cast.maru, at=DAWN - timedelta(days=2000), owner="Bora")
    client.force_login(cast.maru)
    form = {"seen": seen, "state": "done", "owner": "Sora"}
    answer = client.post(f"{BOARD}items/2/", form)
    assert answer.status_code == 200
    assert "Someone else changed this item meanwhile" in answer.text
    assert 'value="Sora"' in answer.text
    newest = item_now(board, 2, DAWN)
    assert newest.owner == "Bora"
    assert f'value="{newest.pk}"' in answer.text
    assert client.post(f"{BOARD}items/2/", {**form, "seen": newest.pk}).status_code == 302
    assert board.changes.filter(number=2).last().owner == "Sora"  # type: ignore[union-attr]


def test_a_day_for_many_items_at_once(cast: Cast, board: Board) -> None:
    day = date(2031, 4, 1)
    assert actions.set_due_dates(board, [1, 2, 99], due_on=day, by=cast.maru, at=DAWN) == 2
    assert actions.set_due_dates(board, [1, 2], due_on=day, by=cast.maru, at=DAWN) == 0
    assert item_now(board, 2, DAWN).due_on == day


def test_late_is_what_is_past_its_day_and_not_settled(cast: Cast, board: Board) -> None:
    actions.set_due_dates(board, board.playbook.items, due_on=date(2031, 3, 5), by=cast.maru, at=DAWN)
    actions.change_item(board, 3, by=cast.maru, at=DAWN, state="not_applicable")
    assert board_view(board, DAWN).overdue == []
    assert len(board_view(board, after(days=10)).overdue) == 43
    assert board_view(board, DAWN).applicable == 43


def test_the_trend_has_every_day_and_stops_when_all_is_settled(cast: Cast, board: Board) -> None:
    began = board.started_at
    for number in board.playbook.items:
        actions.change_item(board, number, by=cast.maru, at=began + timedelta(days=2), state="done")
    assert [each.score for each in trend_of(board, began + timedelta(days=1))] == [0, 0]
    assert [each.score for each in trend_of(board, began + timedelta(days=900))] == [0, 0, 100]


def test_departments_are_compared_only_by_choice_and_in_company(cast: Cast, board: Board) -> None:
    towns = [hospital(f"town-{place}", cast.member(f"Town{place}")) for place in range(5)]
    actions.start_playbooks(board.outbreak, playbook_key="respiratory", by=cast.ara, at=DAWN)
    boards = list(Board.objects.filter(institution__in=towns))
    for each in boards[:4]:
        _share(each, cast)
    assert comparison(board.outbreak, DAWN) is None
    _share(boards[4], cast)
    found = comparison(board.outbreak, DAWN)
    assert found is not None
    assert found.departments == 5
    actions.share_score(boards[0], shares=False, by=_coordinator(boards[0], cast), at=after(days=1))
    assert comparison(board.outbreak, after(days=1)) is None
    assert comparison(board.outbreak, DAWN) is not None


def _coordinator(board: Board, cast: Cast) -> Member:
    cast.maru.institution = board.institution
    return cast.maru


def _share(board: Board, cast: Cast) -> None:
    actions.share_score(board, shares=True, by=_coordinator(board, cast), at=DAWN)


PAGES = ["", "items/15/", "progress/", "plans/", "rooms/", "teams/", "devices/"]


@pytest.mark.parametrize("page", PAGES)
def test_a_department_is_open_to_its_members_and_nobody_else(
    cast: Cast, board: Board, client: Client, page: str
) -> None:
    assert client.get(BOARD + page).status_code == 302
    for member, status in [(cast.noel, 200), (cast.maru, 200), (cast.haneul, 404), (cast.sora, 404), (cast.ara, 200)]:
        client.force_login(member)
        assert client.get(BOARD + page).status_code == status, member.name


@pytest.mark.parametrize("name", ["Haneul", "Sora", "Ara", "Noel"])
def test_only_its_own_coordinators_and_administrators_change_a_department(
    cast: Cast, board: Board, client: Client, name: str
) -> None:
    member = cast.everyone()[name]
    assert member is not None
    before = ItemChange.objects.count()
    with pytest.raises(PermissionDenied):
        actions.change_item(board, 1, by=member, at=DAWN, state="done")
    client.force_login(member)
    form = {"seen": item_now(board, 1, DAWN).pk, "state": "done"}
    assert client.post(f"{BOARD}items/1/", form).status_code in {403, 404}
    assert client.post(f"{BOARD}progress/", {"share": "1"}).status_code in {403, 404}
    assert client.get(f"{BOARD}due/").status_code in {403, 404}
    assert ItemChange.objects.count() == before
    board.institution.member_set.add(cast.ara)


def test_an_administrator_of_the_department_may_change_it(cast: Cast, board: Board) -> None:
    cast.ara.institution = board.institution
    assert actions.change_item(board, 1, by=cast.ara, at=DAWN, state="done").state == "done"


def test_the_public_page_shows_the_playbook_and_nobodys_score(cast: Cast, board: Board, client: Client) -> None:
    actions.change_item(board, 1, by=cast.maru, at=DAWN - timedelta(days=2000), owner="Secretowner")
    answer = client.get("/outbreaks/novel-2031/readiness/")
    assert answer.status_code == 200
    for words in ("Air changes per hour", "N95-class mask", "Needs clinical sign-off", "2 departments work by it"):
        assert words in answer.text
    for secret in ("Secretowner", "north", "south", "Score"):
        assert secret not in answer.text
    client.force_login(cast.haneul)
    assert "north" not in client.get("/outbreaks/novel-2031/readiness/").text
    assert "readiness" in str([item.url for item in menu_of(board.outbreak, at=DAWN)])


def test_before_a_playbook_is_chosen_the_page_shows_the_shelf(cast: Cast, outbreak: object, client: Client) -> None:
    hospital("north", cast.maru)
    assert "Playbooks on the shelf" in client.get("/outbreaks/novel-2031/readiness/").text
    client.force_login(cast.maru)
    answer = client.post("/outbreaks/novel-2031/readiness/start/", {"playbook": "contact"})
    assert answer.headers["Location"] == BOARD
    assert client.get(BOARD).status_code == 200
    assert client.get("/outbreaks/novel-2031/readiness/?on=2020-06-01").status_code == 200


def test_the_summary_tells_a_member_of_their_own_department_alone(cast: Cast, board: Board) -> None:
    assert summary(board.outbreak, DAWN, None).mine is None
    assert summary(board.outbreak, DAWN, cast.ara).mine is None
    mine = summary(board.outbreak, DAWN, cast.maru).mine
    assert mine is not None
    assert mine.board == board
    assert summary(board.outbreak, board.outbreak.activated_at - timedelta(days=1), cast.maru).departments == 0
    assert Institution.objects.count() == 2


def test_a_page_of_an_earlier_day_shows_that_day_and_changes_nothing(cast: Cast, board: Board, client: Client) -> None:
    began = board.started_at
    actions.change_item(board, 1, by=cast.maru, at=began + timedelta(days=10), state="done", owner="Lateowner")
    client.force_login(cast.maru)
    early = (began + timedelta(days=5)).date().isoformat()
    late = (began + timedelta(days=11)).date().isoformat()
    assert "Lateowner" not in client.get(f"{BOARD}?on={early}").text
    assert "Lateowner" in client.get(f"{BOARD}?on={late}").text
    assert "<textarea" not in client.get(f"{BOARD}items/1/?on={late}").text
    before = (began - timedelta(days=1)).date().isoformat()
    assert client.get(f"{BOARD}?on={before}").status_code == 404


def test_a_link_runs_nothing(cast: Cast, board: Board, client: Client) -> None:
    client.force_login(cast.maru)
    address = f"{BOARD}items/6/references/"
    for bad in ("javascript:alert(1)", "//evil.example", "data:text/html,x"):
        client.post(address, {"label": "Guideline, version 3", "address": bad})
    assert not board.references.exists()
    client.post(address, {"label": "Guideline, version 3", "address": "/outbreaks/novel-2031/guidance/?on=2020-04-21"})
    assert board.references.get().number == 6
    assert "Guideline, version 3" in client.get(f"{BOARD}items/6/").text


def test_showing_a_board_asks_the_database_little(
    cast: Cast, board: Board, client: Client, django_assert_max_num_queries: object
) -> None:
    for step in range(60):
        at = board.started_at + timedelta(hours=step)
        actions.change_item(board, 1 + step % 44, by=cast.maru, at=at, comment="again")
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        board_view(Board.objects.select_related("edition").get(pk=board.pk), DAWN)
