from datetime import timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from firstlight.readiness import actions
from firstlight.readiness.models import Approval, Board, Drill, Plan, Team, Zone
from firstlight.readiness.pictures import BadPicture, read_picture
from firstlight.readiness.queries import approvals_of, people_twice, plans_of, signing_of, teams_of, zones_of
from tests.cast import DAWN, Cast
from tests.readiness.conftest import after, picture

BASE = "/outbreaks/novel-2031/readiness/departments/north/"
SQUARE = [(10.0, 10.0), (40.0, 10.0), (40.0, 30.0), (10.0, 30.0)]
LONG_AGO = DAWN - timedelta(days=2000)


@pytest.fixture
def plan(cast: Cast, board: Board) -> Plan:
    return actions.add_plan(board, name="Floor", picture=read_picture(BytesIO(picture())), by=cast.maru, at=LONG_AGO)


def test_a_picture_is_drawn_anew_and_carries_nothing_along() -> None:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken by somebody"
    exif[0x0112] = 6  # lies on its side
    Image.new("RGB", (300, 200)).save(out, "JPEG", exif=exif)
    found = read_picture(BytesIO(out.getvalue()))
    assert (found.width, found.height) == (200, 300)
    assert b"somebody" not in found.content
    assert Image.open(BytesIO(found.content)).format == "PNG"
    assert read_picture(BytesIO(picture(size=(5000, 100)))).width == 2400


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "unknown"),
        (b"", "unknown"),
        (picture()[:60], "broken"),
        (b"GIF89a" + b"0" * 40, "unknown"),
        (picture(size=(9000, 5000)), "big"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(BadPicture) as error:
        read_picture(BytesIO(content))
    assert error.value.reason == reason


def test_a_plan_is_hung_up_and_shown_to_its_department_alone(cast: Cast, board: Board, client: Client) -> None:
    client.force_login(cast.maru)
    bad = SimpleUploadedFile("plan.svg", b"<svg/>", "image/svg+xml")
    answer = client.post(f"{BASE}plans/", {"name": "Floor", "picture": bad})
    assert "neither a PNG nor a JPEG" in answer.text
    answer = client.post(f"{BASE}plans/", {"name": "Floor", "picture": SimpleUploadedFile("p.png", picture())})
    address = answer.headers["Location"]
    assert "Floor" in client.get(address).text
    assert client.get(f"{address}picture/").headers["Content-Type"] == "image/png"
    client.force_login(cast.haneul)
    assert client.get(f"{address}picture/").status_code == 404


def test_zones_are_drawn_by_numbers_alone(cast: Cast, plan: Plan, client: Client) -> None:
    client.force_login(cast.maru)
    address = f"{BASE}plans/{plan.pk}/"
    rectangle = {"kind": "clean", "label": "Reading", "left": 1, "top": 2, "width": 30, "height": 40}
    assert client.post(address, rectangle).status_code == 302
    assert client.post(address, {"kind": "semi", "label": "Console", "corners": "50,50 90,50 70,90"}).status_code == 302
    corners = [zone.corners for zone in zones_of(plan, DAWN)]
    assert corners == [[[1, 2], [31, 2], [31, 42], [1, 42]], [[50, 50], [90, 50], [70, 90]]]
    for bad, words in [
        ({"corners": "50,50 90,50"}, "at least three corners"),
        ({"corners": "50;50"}, "Write the corners as"),
        ({"left": 90, "top": 1, "width": 30, "height": 10}, "between 0 and 100"),
        ({"left": 90}, "four numbers"),
    ]:
        answer = client.post(address, {"kind": "clean", "label": "x", **bad})
        assert answer.status_code == 200
        assert words in answer.text
    assert Zone.objects.count() == 2


def test_a_signature_holds_until_a_zone_changes(cast: Cast, plan: Plan) -> None:
    with pytest.raises(ValidationError):
        actions.sign_plan(plan, by=cast.maru, at=DAWN)
    zone = actions.draw_zone(plan, kind="clean", label="Reading", corners=SQUARE, by=cast.maru, at=DAWN)
    actions.sign_plan(plan, by=cast.maru, at=after(days=1))
    assert signing_of(plan, after(days=1)) is not None
    redrawn = actions.redraw_zone(zone, kind="semi", label="Door", corners=SQUARE, by=cast.maru, at=after(days=2))
    assert signing_of(plan, after(days=2)) is None
    assert signing_of(plan, after(days=1)) is not None
    assert [each.label for each in zones_of(plan, after(days=1))] == ["Reading"]
    assert zones_of(plan, after(days=2)) == [redrawn]


def test_teams_that_share_someone_are_told_so(cast: Cast, board: Board, client: Client) -> None:
    client.force_login(cast.maru)
    for name, people in [("A", "Kim\nLee"), ("B", "Park\n lee")]:
        assert client.post(f"{BASE}teams/", {"team-name": name, "team-people": people}).status_code == 302
    assert people_twice(teams_of(board, after(days=1))) == ["lee"]
    assert "In two teams" in client.get(f"{BASE}teams/").text
    team = Team.objects.get(name="B")
    assert client.post(f"{BASE}team/{team.pk}/edit/", {"name": "B", "people": "Park"}).status_code == 302
    assert "In two teams" not in client.get(f"{BASE}teams/").text
    assert client.post(f"{BASE}team/{team.pk}/remove/").status_code == 302
    assert [each.name for each in Team.objects.there(after(days=1))] == ["A"]


def test_a_drill_is_planned_held_and_learned_from(cast: Cast, board: Board, client: Client) -> None:
    client.force_login(cast.maru)
    form = {"drill-title": "Walk through", "drill-held_on": "2199-01-01"}
    assert client.post(f"{BASE}teams/", form).status_code == 302
    assert "Planned" in client.get(f"{BASE}teams/").text
    assert client.post(f"{BASE}teams/", {"drill-title": "x", "drill-held_on": "yesterday"}).status_code == 200
    assert Drill.objects.get().board == board


def test_a_vendors_word_against_a_source_is_shown_as_such(cast: Cast, board: Board) -> None:
    def approve(kind: str, agent: str, verdict: str = "approved") -> None:
        row = Approval(institution=board.institution, device=f"{kind} {agent}", kind=kind, agent=agent, verdict=verdict)
        actions.put(row, by=cast.maru, at=DAWN)

    approve("portable", "alcohol")
    approve("ultrasound", "chlorine")
    approve("ultrasound", "alcohol", "refused")
    approve("ct", "alcohol")
    found = {row.approval.device: len(row.conflicts) for row in approvals_of(board.institution, board.playbook, DAWN)}
    assert found == {"portable alcohol": 1, "ultrasound chlorine": 1, "ultrasound alcohol": 0, "ct alcohol": 0}


def test_what_was_taken_away_is_still_there_on_the_days_before(cast: Cast, plan: Plan) -> None:
    actions.remove(plan, by=cast.maru, at=DAWN)
    assert plans_of(plan.board, DAWN) == []
    assert plans_of(plan.board, DAWN - timedelta(days=1)) == [plan]


@pytest.mark.parametrize("what", ["team", "drill", "approval", "room", "plan", "member", "itemchange"])
def test_nothing_of_another_department_is_changed_by_its_number(
    cast: Cast, board: Board, client: Client, what: str
) -> None:
    south = Board.objects.get(institution__slug="south")
    client.force_login(cast.maru)
    team = Team.objects.create(board=south, name="Theirs", added_at=LONG_AGO)
    assert client.post(f"{BASE}{what}/{team.pk}/remove/").status_code == 404
    team.refresh_from_db()
    assert team.removed_at is None
