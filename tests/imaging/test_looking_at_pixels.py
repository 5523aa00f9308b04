"""Images whose pixels may carry names: the server looks for itself, and a person who looked is believed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from django.test import Client
from pydicom.uid import DigitalXRayImageStorageForPresentation, SecondaryCaptureImageStorage

from firstlight.audit.models import Entry
from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.pixels import Region
from firstlight.dicom.reading import take_apart, text
from firstlight.imaging import store
from firstlight.imaging.actions import receive
from firstlight.imaging.looking import covered_content, own_look, said_clean
from firstlight.imaging.models import Held, Instance
from firstlight.pixels.cover import file_of
from firstlight.pixels.frames import Decoder
from firstlight.pixels.look import pixel_reader
from tests.cast import DAWN, Cast
from tests.pixels.objects import as_bytes, image
from tests.pixels.pictures import background, written
from tests.shipments import KEY, PROFILE

pytestmark = pytest.mark.django_db
BOX = Region(20, 40, 200, 30)


def identified(words: str = "", *, sop_class_uid: str = SecondaryCaptureImageStorage) -> bytes:
    picture = background("grey", 160, 300, 1)
    if words:
        picture = written(picture, words, 30, 44, size=16)
    return as_bytes(image(picture, sop_class_uid=sop_class_uid))


def sent(words: str = "", *, looked: bool = True) -> bytes:
    """A capture as a site sends it, whose own look was blind where there are words in it."""
    blind = (
        pixel_reader() if not words else (lambda instance, _: pixel_reader()(instance, _).__class__("clear", instance))
    )
    outcome = deidentify_bytes(identified(words), profile=PROFILE, key=KEY, pixels=blind)
    assert outcome.content is not None, outcome.reason
    if looked:
        return outcome.content
    instance = take_apart(outcome.content)
    codes = instance.elements[0x00120064]
    kept = tuple(item for item in codes.items or () if text(item, 0x00080100) != "113101")
    instance.elements[0x00120064] = codes._replace(items=kept)
    return file_of(instance)


def taken(cast: Cast, content: bytes) -> tuple[str, str]:
    [outcome] = receive([content], outbreak=cast.outbreak, by=cast.maru, at=DAWN)
    return outcome.status, outcome.reason


def test_a_capture_that_was_looked_at_and_is_clear_is_stored(cast: Cast) -> None:
    assert taken(cast, sent()) == ("stored", "")


def test_a_capture_that_nobody_says_to_have_looked_at_is_held(cast: Cast) -> None:
    assert taken(cast, sent(looked=False)) == ("held", "doubtful-pixels")
    assert Held.objects.get().kept


def test_the_server_sees_what_a_site_overlooked(cast: Cast) -> None:
    assert taken(cast, sent("KIM YUNA 900905")) == ("held", "doubtful-pixels")
    assert not Instance.objects.exists()


def test_slices_are_not_looked_at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.shipments import ct

    monkeypatch.setattr("firstlight.imaging.actions.own_look", lambda _: pytest.fail("a plain slice was looked at"))
    assert taken(cast, ct(1)[0]) == ("stored", "")


def test_a_person_covers_and_lets_in(client: Client, cast: Cast) -> None:
    taken(cast, sent("KIM YUNA 900905"))
    held = Held.objects.get()
    client.force_login(cast.maru)
    assert f"/quarantine/{held.pk}/look/" in client.get("/quarantine/").content.decode()
    page = client.get(f"/quarantine/{held.pk}/look/").content.decode()
    assert 'data-rows="160"' in page and "data-look" in page
    picture = client.get(f"/quarantine/{held.pk}/look/1")
    assert picture.content[:4] == b"\x89PNG" and "no-store" in picture["Cache-Control"]
    answer = client.post(f"/quarantine/{held.pk}/look/", {"regions": json.dumps([list(BOX)]), "decision": "confirmed"})
    assert answer.status_code == 302
    held.refresh_from_db()
    assert (held.state, held.kept) == ("accepted", False)
    stored = take_apart(store.read(Instance.objects.get().stored_object))
    values, _ = Decoder(stored).values(1)
    assert np.unique(values[40:70, 20:220]).size == 1
    assert text(stored.elements, 0x00280301) == "NO"
    verbs = list(Entry.objects.filter(verb__startswith="held.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["held.shown", "held.looked", "held.accepted"]


def test_a_person_who_finds_nothing_lets_it_in_as_it_is(client: Client, cast: Cast) -> None:
    content = sent(looked=False)
    taken(cast, content)
    client.force_login(cast.haneul)
    client.post(f"/quarantine/{Held.objects.get().pk}/look/", {"regions": "[]"})
    before, after = take_apart(content), take_apart(store.read(Instance.objects.get().stored_object))
    assert bytes(before.elements[0x7FE00010].value) == bytes(after.elements[0x7FE00010].value)


@pytest.mark.parametrize("regions", ["", "{}", "[[1]]", "[[0,0,0,0,null]]"])
def test_bad_boxes_change_nothing(client: Client, cast: Cast, regions: str) -> None:
    taken(cast, sent(looked=False))
    held = Held.objects.get()
    client.force_login(cast.maru)
    client.post(f"/quarantine/{held.pk}/look/", {"regions": regions})
    held.refresh_from_db()
    assert (held.state, held.kept) == ("held", True)


def test_only_keepers_see_held_pixels(client: Client, cast: Cast) -> None:
    taken(cast, sent(looked=False))
    number = Held.objects.get().pk
    for address in (f"/quarantine/{number}/look/", f"/quarantine/{number}/look/1"):
        assert client.get(address).status_code == 302
    for member in (cast.sora, cast.noel):
        client.force_login(member)
        for address in (f"/quarantine/{number}/look/", f"/quarantine/{number}/look/1"):
            assert client.get(address).status_code == 403


def test_what_is_held_for_another_reason_cannot_be_let_in(client: Client, cast: Cast) -> None:
    [outcome] = receive([identified()], outbreak=cast.outbreak, by=cast.maru, at=DAWN)
    assert outcome.reason == "not-deidentified"
    client.force_login(cast.ara)
    assert client.get(f"/quarantine/{Held.objects.get().pk}/look/").status_code == 404


def test_saying_clean_twice_says_it_once() -> None:
    instance = take_apart(sent(looked=False))
    once = said_clean(instance.elements)
    codes = said_clean(once)[0x00120064].items
    assert codes is not None and [text(code, 0x00080100) for code in codes].count("113101") == 1


def test_own_look() -> None:
    assert own_look(take_apart(identified())) == "clear"
    assert own_look(take_apart(identified("KIM YUNA 900905"))) == "covered"
    assert covered_content(b"no image", [BOX]) is None
    assert own_look(take_apart(identified(sop_class_uid=DigitalXRayImageStorageForPresentation))) == "clear"
