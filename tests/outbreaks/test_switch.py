"""The switch: one record turns everything on, and can be turned back while nothing hangs on it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from firstlight.audit.models import Entry
from firstlight.imaging.actions import receive
from firstlight.library.actions import begin_case
from firstlight.library.models import CaseTag
from firstlight.outbreaks.actions import (
    close_outbreak,
    go_live,
    prepare_outbreak,
    reopen_outbreak,
    rewrite_outbreak,
    set_up_shares,
    undo_activation,
)
from firstlight.outbreaks.hooks import shares
from firstlight.outbreaks.models import Outbreak, Preparation, SetUp
from firstlight.outbreaks.rules import blueprints
from firstlight.people.models import Institution, Member
from tests.cast import DAWN, Cast
from tests.shipments import ct

NAMES = {"name_ko": "이름", "name_en": "Name"}


def prepared(cast: Cast, **given: object) -> Preparation:
    options = {"blueprint": "novel-respiratory", "slug": "fever-1", "fields": NAMES, **given}
    return prepare_outbreak(by=cast.ara, at=DAWN, **options)  # type: ignore[arg-type]


def test_there_are_blueprints_of_more_than_one_kind_of_disease() -> None:
    assert {"novel-respiratory", "haemorrhagic-fever"} <= blueprints().keys()
    for each in blueprints().values():
        assert all((each.name_ko, each.name_en, each.text_ko, each.text_en))


@pytest.mark.parametrize("key", sorted(blueprints()))
def test_going_live_sets_every_share_up(cast: Cast, key: str) -> None:
    outbreak = go_live(prepared(cast, blueprint=key), by=cast.ara, at=DAWN)
    assert [each.share for each in outbreak.set_ups.all()] == [share.key for share in shares()]
    assert CaseTag.objects.filter(outbreak=outbreak).count() >= 5
    assert all(tag.label_ko and tag.label_en for tag in CaseTag.objects.all())
    assert not Preparation.objects.exists()
    assert Entry.objects.filter(verb="outbreak.share_set_up").count() == len(shares())


def test_before_it_is_live_nobody_sees_it_and_everything_can_be_changed(cast: Cast, client: Client) -> None:
    prepared(cast)
    assert client.get("/outbreaks/fever-1/").status_code == 404
    changed = prepared(cast, plans={"case-tags": {"tags": "fever | 열 | Fever"}})
    assert Preparation.objects.count() == 1
    outbreak = go_live(changed, by=cast.ara, at=DAWN)
    assert list(outbreak.case_tags.values_list("label_ko", flat=True)) == ["열"]


@pytest.mark.parametrize("tags", ["one word", "Key | 열 | Fever", "a | b", "a | 가 | A\na | 나 | B"])
def test_a_plan_that_cannot_be_carried_out_is_refused_by_its_share(cast: Cast, tags: str) -> None:
    with pytest.raises(ValidationError, match="Case tags"):
        prepared(cast, plans={"case-tags": {"tags": tags}})
    assert not Preparation.objects.exists()


def test_all_shares_are_set_up_or_none(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = prepared(cast)
    Preparation.objects.update(plans={**waiting.plans, "case-tags": {"tags": "broken"}})
    with pytest.raises(ValueError, match="1"):
        go_live(Preparation.objects.get(), by=cast.ara, at=DAWN)
    assert not Outbreak.objects.exists()
    assert not SetUp.objects.exists()
    assert Preparation.objects.exists()


def test_again_it_changes_nothing_and_a_share_that_came_later_joins(cast: Cast) -> None:
    waiting = prepared(cast)
    plans = waiting.plans
    outbreak = go_live(waiting, by=cast.ara, at=DAWN)
    assert set_up_shares(outbreak, plans, by=cast.ara, at=DAWN) == []
    outbreak.set_ups.filter(share="case-tags").delete()
    assert set_up_shares(outbreak, plans, by=cast.ara, at=DAWN) == ["case-tags"]
    assert CaseTag.objects.count() == len({tag.key for tag in CaseTag.objects.all()})


def test_it_can_be_undone_and_gone_live_again(cast: Cast) -> None:
    outbreak = go_live(prepared(cast), by=cast.ara, at=DAWN)
    back = undo_activation(outbreak, by=cast.ara, at=DAWN)
    assert not Outbreak.objects.exists()
    assert not CaseTag.objects.exists()
    again = go_live(back, by=cast.ara, at=DAWN + timedelta(hours=1))
    assert (again.slug, again.name_ko) == ("fever-1", "이름")
    assert again.case_tags.count() >= 5


def test_what_hangs_on_it_keeps_it_from_being_undone(cast: Cast) -> None:
    outbreak = go_live(prepared(cast), by=cast.ara, at=DAWN)
    begin_case(outbreak=outbreak, by=cast.haneul, at=DAWN)
    list(receive(ct(1), outbreak=outbreak, by=cast.maru, at=DAWN))
    with pytest.raises(ValidationError) as error:
        undo_activation(outbreak, by=cast.ara, at=DAWN)
    assert set(error.value.messages[1:]) == {"1 study belongs to it.", "1 case belongs to it."}
    assert Outbreak.objects.exists()


def test_closing_ends_it_and_can_be_taken_back(cast: Cast) -> None:
    later = DAWN + timedelta(days=40)
    outbreak = close_outbreak(cast.outbreak, by=cast.ara, at=later)
    assert not Outbreak.objects.active(later).exists()
    assert Outbreak.objects.active(later - timedelta(seconds=1)).exists()
    assert Outbreak.objects.known(later).exists()
    with pytest.raises(ValidationError):
        close_outbreak(outbreak, by=cast.ara, at=later)
    reopen_outbreak(outbreak, by=cast.ara, at=later)
    assert Outbreak.objects.active(later).exists()


@pytest.mark.parametrize("name", ["Haneul", "Maru", "Sora", "Noel"])
def test_only_an_administrator_works_the_switch(cast: Cast, client: Client, name: str) -> None:
    member = cast.everyone()[name]
    assert isinstance(member, Member)
    outbreak = cast.outbreak
    for act in (close_outbreak, undo_activation, reopen_outbreak):
        with pytest.raises(PermissionDenied):
            act(outbreak, by=member, at=DAWN)
    client.force_login(member)
    for path in ("/outbreaks/new/", "/outbreaks/new/from/novel-respiratory/", "/outbreaks/novel-2031/switch/"):
        assert client.get(path).status_code == 403


def test_the_pages_prepare_go_live_and_undo(cast: Cast, client: Client) -> None:
    Institution.objects.create(slug="one", name_ko="하나", name_en="One")
    client.force_login(cast.ara)
    assert b"/outbreaks/new/from/haemorrhagic-fever/" in client.get("/outbreaks/new/").content
    page = client.get("/outbreaks/new/from/haemorrhagic-fever/")
    form = {"slug": "new", **NAMES}
    for _share, part in page.context["parts"]:
        form |= {f"{part.prefix}-{name}": part.initial.get(name, "") for name in part.fields}
    answer = client.post("/outbreaks/new/from/haemorrhagic-fever/", form)
    assert b"This word is an address of the site" in answer.content
    answer = client.post("/outbreaks/new/from/haemorrhagic-fever/", {**form, "slug": "fever-3"})
    assert answer.headers["Location"] == "/outbreaks/new/fever-3/"
    answer = client.post("/outbreaks/new/fever-3/", {**form, "slug": "fever-3", "live": "1"})
    assert answer.headers["Location"] == "/outbreaks/fever-3/"
    assert client.get("/outbreaks/fever-3/switch/").status_code == 200
    client.post("/outbreaks/fever-3/switch/phase/", {"key": "response", "note_en": "It spreads"})
    assert Outbreak.objects.get().phases.last().key == "response"  # type: ignore[union-attr]
    client.post("/outbreaks/fever-3/switch/undo/")
    assert not Outbreak.objects.exists()
    assert Preparation.objects.get().slug == "fever-3"


def test_changed_words_hold_from_their_moment_and_not_before(cast: Cast, client: Client) -> None:
    outbreak, later = cast.outbreak, DAWN + timedelta(days=5)
    rewrite_outbreak(outbreak, by=cast.ara, at=later, case_definition_en="Fever and a journey")
    rewrite_outbreak(outbreak, by=cast.ara, at=later + timedelta(days=1), case_definition_en="Fever and a journey")
    assert outbreak.versions.count() == 2, "the same words are no new version"
    moments = [DAWN, later - timedelta(seconds=1), later, later + timedelta(days=9)]
    said = [Outbreak.objects.get().as_of(at).case_definition_en for at in moments]
    assert said == ["", "", "Fever and a journey", "Fever and a journey"]
    with pytest.raises(PermissionDenied):
        rewrite_outbreak(outbreak, by=cast.haneul, at=later, name_en="Mine")


def test_the_page_changes_words_and_the_past_stays(cast: Cast, client: Client) -> None:
    go_live(prepared(cast), by=cast.ara, at=DAWN.replace(year=2020))
    client.force_login(cast.noel)
    assert client.get("/outbreaks/fever-1/switch/words/").status_code == 403
    client.force_login(cast.ara)
    words = {**NAMES, "case_definition_en": "Now with loss of smell"}
    assert client.post("/outbreaks/fever-1/switch/words/", words).headers["Location"] == "/outbreaks/fever-1/"
    assert b"Now with loss of smell" in client.get("/outbreaks/fever-1/").content
    assert b"Now with loss of smell" not in client.get("/outbreaks/fever-1/?on=2020-06-01").content
