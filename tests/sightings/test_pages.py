"""The pages of the field reports, as each person sees them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from firstlight.imaging.models import Series, Study
from firstlight.imaging.policies import can_contribute
from firstlight.outbreaks.models import Outbreak
from firstlight.sightings.actions import answer_report, send_report
from firstlight.sightings.models import Sighting
from tests.cast import DAWN, Cast

YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture(autouse=True)
def going_on(cast: Cast) -> None:
    """The tests' outbreak has begun by the pages' own clock."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=YESTERDAY)


@pytest.fixture
def sent(cast: Cast) -> Sighting:
    return send_report(
        key=uuid4(),
        outbreak=cast.outbreak,
        by=cast.noel,
        at=YESTERDAY,
        modality=Sighting.Modality.CT,
        confirmation=Sighting.Confirmation.CONFIRMED,
        text="Rounded ground glass under the pleura.",
    )


def test_a_report_is_written_with_a_few_taps(client: Client, cast: Cast) -> None:
    client.force_login(cast.noel)
    address = reverse("report_sighting", args=[cast.outbreak.slug])
    key = client.get(address).context["form"]["key"].value()
    posted = {
        "key": key,
        "modality": "CT",
        "confirmation": "suspected",
        "patients": 1,
        "ct-opacities": ["ground_glass"],
        "ct-laterality": "bilateral",
        "ct-lobes": ["rll", "lll"],
    }
    answer = client.post(address, posted)
    sighting = Sighting.objects.get()
    assert answer.status_code == 302
    assert sighting.findings["values"]["lobes"] == ["rll", "lll"]
    assert client.post(address, posted).status_code == 302
    assert Sighting.objects.count() == 1


def test_nothing_said_is_nothing_sent_and_what_was_written_is_still_there(client: Client, cast: Cast) -> None:
    client.force_login(cast.noel)
    address = reverse("report_sighting", args=[cast.outbreak.slug])
    empty = {"key": uuid4(), "modality": "OT", "confirmation": "suspected", "patients": 1}
    assert "Say at least one thing" in client.post(address, empty, headers={"accept-language": "en"}).text
    answer = client.post(
        address, {**empty, "text": "MRN 47110815", "tips": "Use the side door."}, headers={"accept-language": "en"}
    ).text
    assert "seems to name a patient" in answer
    assert "Use the side door." in answer
    assert not Sighting.objects.exists()


def test_a_hostile_modality_is_an_answer_and_no_crash(client: Client, cast: Cast) -> None:
    client.force_login(cast.noel)
    address = reverse("report_sighting", args=[cast.outbreak.slug])
    assert client.post(address, {"modality": "x" * 500, "text": "words"}).status_code == 200
    assert not Sighting.objects.exists()


def test_a_report_exists_for_its_author_and_for_editors_alone(client: Client, cast: Cast, sent: Sighting) -> None:
    address = reverse("sighting", args=[sent.pk])
    assert client.get(address).status_code == 302
    for member, status in ((cast.noel, 200), (cast.haneul, 200), (cast.sora, 404), (cast.maru, 404), (cast.ara, 404)):
        client.force_login(member)
        assert client.get(address).status_code == status
    client.force_login(cast.sora)
    assert client.get(reverse("sighting", args=[sent.pk + 999])).status_code == 404


def test_the_outbreaks_page_shows_strangers_no_report(client: Client, cast: Cast, sent: Sighting) -> None:
    page = client.get(reverse("outbreak_sightings", args=[cast.outbreak.slug])).text
    assert "Rounded" not in page
    assert reverse("sighting", args=[sent.pk]) not in page
    client.force_login(cast.haneul)
    assert reverse("sighting", args=[sent.pk]) in client.get(reverse("outbreak_sightings", args=["novel-2031"])).text


def test_an_editor_answers_on_the_page(client: Client, cast: Cast, sent: Sighting) -> None:
    client.force_login(cast.haneul)
    client.post(reverse("take_sighting", args=[sent.pk]))
    client.post(reverse("answer_sighting", args=[sent.pk]), {"word": "Thank you."})
    sent.refresh_from_db()
    assert sent.outcome == Sighting.Outcome.ANSWERED
    client.force_login(cast.noel)
    assert "Thank you." in client.get(reverse("sighting", args=[sent.pk])).text


def test_a_member_cannot_answer(client: Client, cast: Cast, sent: Sighting) -> None:
    client.force_login(cast.noel)
    for name in ("take_sighting", "release_sighting", "answer_sighting", "reopen_sighting"):
        assert client.post(reverse(name, args=[sent.pk]), {"word": "x"}).status_code == 403
    assert client.post(reverse("use_sighting", args=[sent.pk, "notice"])).status_code == 403


def test_images_go_only_from_their_sender_to_their_own_report(client: Client, cast: Cast, sent: Sighting) -> None:
    for uid, by in (("2.25.1", cast.noel), ("2.25.3", cast.sora)):
        study = Study.objects.create(study_instance_uid=uid, outbreak=cast.outbreak, received_at=DAWN, received_by=by)
        Series.objects.create(study=study, series_instance_uid=f"{uid}.9", modality="CT")
    address = reverse("api:attach_report_images", args=[sent.pk])
    body = {"study_instance_uids": ["2.25.1", "2.25.3"]}
    bearer = {"authorization": f"Bearer {cast.token(cast.noel)}"}
    answer = client.post(address, body, content_type="application/json", headers=bearer)
    assert answer.json() == {"attached": 1}
    other = {"authorization": f"Bearer {cast.token(cast.sora)}"}
    assert client.post(address, body, content_type="application/json", headers=other).status_code == 404


def test_a_member_may_send_images_only_while_their_report_is_open(cast: Cast, sent: Sighting) -> None:
    assert can_contribute(cast.noel)
    assert not can_contribute(cast.sora)
    answer_report(sent, word="Thank you.", by=cast.haneul, at=YESTERDAY)
    assert not can_contribute(cast.noel)
