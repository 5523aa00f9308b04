from datetime import datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member
from firstlight.readiness.actions import start_playbooks
from firstlight.readiness.models import Board
from tests.cast import DAWN, Cast


def hospital(name: str, *members: Member) -> Institution:
    """An institution with these members."""
    made, _new = Institution.objects.get_or_create(slug=name, defaults={"name_ko": f"{name} 병원", "name_en": name})
    for member in members:
        member.institution = made
        member.save()
    return made


def after(**how_long: float) -> datetime:
    return DAWN + timedelta(**how_long)


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    """The cast's outbreak, long ago enough for pages that show today."""
    found = cast.outbreak
    Outbreak.objects.filter(pk=found.pk).update(activated_at=DAWN - timedelta(days=4000))
    found.refresh_from_db()
    return found


@pytest.fixture
def board(cast: Cast, outbreak: Outbreak) -> Board:
    """Maru coordinates the north's department and Noel works in it; Haneul coordinates nothing in the south's."""
    north = hospital("north", cast.maru, cast.noel)
    hospital("south", cast.haneul)
    start_playbooks(outbreak, playbook_key="respiratory", by="command:test", at=outbreak.activated_at)
    return Board.objects.get(institution=north)
