from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from firstlight.audit.models import Entry
from firstlight.outbreaks.actions import activate_outbreak, begin_phase
from firstlight.outbreaks.hooks import menu_of, shares
from firstlight.outbreaks.models import Outbreak, Phase
from tests.cast import DAWN, Cast

NAMES = {"name_ko": "이름", "name_en": "Name"}


def test_an_outbreak_that_was_switched_on_has_a_phase_and_a_menu(cast: Cast) -> None:
    outbreak = cast.outbreak
    assert outbreak.phase(DAWN) == Phase.objects.get(key="watch")
    urls = [item.url for item in menu_of(outbreak, at=DAWN)]
    assert urls[:2] == ["/outbreaks/novel-2031/", "/outbreaks/novel-2031/alerts/"]
    assert "/outbreaks/novel-2031/cases/" in urls
    assert Entry.objects.filter(verb="outbreak.activated", target=f"outbreak:{outbreak.pk}").count() == 1


def test_phases_follow_each_other(cast: Cast) -> None:
    later = DAWN + timedelta(days=3)
    begin_phase(cast.outbreak, "response", by=cast.ara, at=later)
    assert str(cast.outbreak.phase(later - timedelta(seconds=1))) == "watch"
    assert str(cast.outbreak.phase(later)) == "response"
    assert cast.outbreak.phase(DAWN - timedelta(days=1)) is None


@pytest.mark.parametrize("name", ["Haneul", "Maru", "Sora", "Noel"])
def test_only_an_administrator_switches_one_on(cast: Cast, name: str) -> None:
    member = cast.everyone()[name]
    assert member is not None
    with pytest.raises(PermissionDenied):
        activate_outbreak(by=member, at=DAWN, slug="other", **NAMES)
    assert not Outbreak.objects.filter(slug="other").exists()


@pytest.mark.parametrize("slug", ["new", "Has Space", "-dash", "UPPER", "novel-2031", ""])
def test_a_slug_that_cannot_be_an_address_is_refused(cast: Cast, slug: str) -> None:
    assert cast.outbreak
    with pytest.raises(ValidationError) as error:
        activate_outbreak(by=cast.ara, at=DAWN, slug=slug, **NAMES)
    assert "slug" in error.value.message_dict


def test_before_it_was_switched_on_it_is_not_there(cast: Cast, client: Client) -> None:
    assert cast.outbreak
    assert client.get("/outbreaks/novel-2031/").status_code == 404  # the cast lives in 2031
    Outbreak.objects.update(activated_at=DAWN - timedelta(days=4000))
    assert client.get("/outbreaks/novel-2031/").status_code == 200
    assert client.get("/outbreaks/novel-2031/?on=2020-01-01").status_code == 404


def test_the_api_switches_one_on_with_all_its_shares(cast: Cast, client: Client) -> None:
    body = {"slug": "fever-2", **NAMES}

    def post(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return client.post("/api/outbreaks", body, content_type="application/json", headers=headers).status_code

    assert post("wrong") == 401
    assert post(cast.token(cast.haneul)) == 403
    assert post(cast.token(cast.ara)) == 201
    assert post(cast.token(cast.ara)) == 200, "again, it changes nothing"
    [shown] = client.get("/api/outbreaks").json()
    assert shown["slug"] == "fever-2"
    assert set(shown["set_up"]) == {share.key for share in shares()}


@pytest.mark.parametrize("day", ["yesterday", "2020-02-30", "20200101", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_refused(db: None, client: Client, day: str) -> None:
    assert client.get("/", {"on": day}).status_code == 400
