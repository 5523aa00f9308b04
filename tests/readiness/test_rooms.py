from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.test import Client

from firstlight.readiness import actions
from firstlight.readiness.models import Board, Room, RoomLogEntry
from firstlight.readiness.queries import log_of, room_now
from firstlight.readiness.rules import Happening
from tests.cast import DAWN, Cast
from tests.readiness.conftest import after

IN, OUT, BEGUN, CLEANED = Happening


@pytest.fixture
def room(cast: Cast, board: Board) -> Room:
    made = Room(institution=board.institution, name_ko="CT 1실", name_en="CT room 1", air_changes_per_hour=12)
    actions.put(made, by=cast.maru, at=DAWN - timedelta(days=2000))
    return made


def test_a_patient_comes_and_goes_and_the_room_is_free_again(cast: Cast, room: Room) -> None:
    for minutes, what in [(0, IN), (20, OUT), (25, BEGUN), (40, CLEANED)]:
        actions.log_room(room, what, by=cast.noel, at=after(minutes=minutes))
    assert room_now(room, after(minutes=41)).free_at == after(minutes=55)
    assert room_now(room, after(minutes=10)).state == "occupied"
    assert [entry.visit for entry in log_of(room, after(hours=1))] == [1, 1, 1, 1]
    assert room_now(room, after(minutes=55)).state == "free"


def test_a_room_nobody_measured_rests_an_hour(cast: Cast, room: Room) -> None:
    room.air_changes_per_hour = None
    actions.put(room, by=cast.maru, at=DAWN)
    for minutes, what in [(0, IN), (10, OUT), (12, BEGUN), (20, CLEANED)]:
        actions.log_room(room, what, by=cast.maru, at=after(minutes=minutes))
    assert room_now(room, after(minutes=30)).free_at == after(minutes=70)


def test_a_new_measurement_does_not_rewrite_yesterdays_pause(cast: Cast, room: Room) -> None:
    for minutes, what in [(0, IN), (10, OUT), (12, BEGUN), (20, CLEANED)]:
        actions.log_room(room, what, by=cast.maru, at=after(minutes=minutes))
    before = room_now(room, after(minutes=30))
    room.air_changes_per_hour = 2
    actions.put(room, by=cast.maru, at=after(minutes=25))
    assert room_now(room, after(minutes=30)) == before


def test_two_taps_are_one_line(cast: Cast, room: Room, client: Client) -> None:
    client.force_login(cast.noel)
    address = f"/readiness/rooms/{room.pk}/"
    for _tap in range(2):
        client.post(f"{address}log/", {"what": "patient_in", "isolation": "yes"})
    assert room.log.count() == 1
    assert "Someone has logged this already" in client.get(address).text
    with pytest.raises(ValidationError):
        actions.log_room(room, CLEANED, by=cast.noel, at=after(hours=1))


def test_an_emergency_comes_in_early_and_the_log_says_so(cast: Cast, room: Room) -> None:
    for minutes, what in [(0, IN), (10, OUT), (12, IN)]:
        actions.log_room(room, what, by=cast.maru, at=after(minutes=minutes))
    assert [entry.was_early for entry in log_of(room, after(hours=1))] == [True, False, False]
    assert room_now(room, after(minutes=13)).visit == 2


def test_the_last_line_can_be_struck_out_and_stays_to_be_read(cast: Cast, room: Room) -> None:
    actions.log_room(room, IN, by=cast.noel, at=DAWN)
    actions.undo_last(room, by=cast.noel, at=after(minutes=2))
    assert room_now(room, after(minutes=3)).state == "free"
    assert room_now(room, after(minutes=1)).state == "occupied"
    assert room.log.count() == 1
    assert actions.undo_last(room, by=cast.noel, at=after(minutes=4)) is None


def test_no_patient_can_be_named_in_a_log() -> None:
    texts = [
        field.name
        for field in RoomLogEntry._meta.get_fields()
        if isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices
    ]
    assert texts == []


def test_another_department_sees_no_room(cast: Cast, room: Room, client: Client) -> None:
    address = f"/readiness/rooms/{room.pk}/"
    assert client.get(address).status_code == 302
    client.force_login(cast.haneul)
    assert client.get(address).status_code == 404
    assert client.post(f"{address}log/", {"what": "patient_in"}).status_code == 404
    client.force_login(cast.ara)
    assert client.get(address).status_code == 200
    assert client.post(f"{address}log/", {"what": "patient_in"}).status_code == 403
    with pytest.raises(PermissionDenied):
        actions.log_room(room, IN, by=cast.haneul, at=DAWN)
    assert not room.log.exists()


def test_members_log_and_only_coordinators_set_a_room_up(cast: Cast, room: Room, client: Client) -> None:
    client.force_login(cast.noel)
    address = f"/readiness/rooms/{room.pk}/"
    assert client.post(f"{address}log/", {"what": "patient_in"}).status_code == 302
    assert "In use" in client.get(address).text
    assert client.post(f"{address}log/", {"what": "nonsense"}).status_code == 404
    assert client.post(f"{address}undo/").status_code == 302
    edit = f"/outbreaks/novel-2031/readiness/departments/north/rooms/{room.pk}/"
    assert client.get(edit).status_code == 403
    client.force_login(cast.maru)
    form = {"name_ko": "CT", "name_en": "CT", "kind": "ct", "removal_percent": "99.0", "mixing_factor": "2"}
    assert client.post(edit, {**form, "air_changes_per_hour": "6"}).status_code == 302
    room.refresh_from_db()
    assert room.pause_minutes == 93  # 4.605 / 6 * 60 * 2 = 92.1
    assert client.post(edit, {**form, "air_changes_per_hour": "0"}).status_code == 200
