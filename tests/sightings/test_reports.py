"""A field report from the phone to the editors' queue, and out of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from firstlight.alerts.models import Notice
from firstlight.audit.models import Entry
from firstlight.delivery.models import Mailing
from firstlight.imaging.models import Series, Study
from firstlight.library.models import Case
from firstlight.sightings.actions import (
    add_images,
    answer_report,
    close_as_known,
    put_back,
    reopen_report,
    send_report,
    take_up,
    use_report,
)
from firstlight.sightings.models import Sighting, Step
from firstlight.sightings.queries import queue, reports_waiting_for
from firstlight.sightings.rules import identifiers_in, lateness
from tests.cast import DAWN, Cast

HOUR = timedelta(hours=1)


def report(cast: Cast, **fields: object) -> Sighting:
    return send_report(
        **{
            "key": uuid4(),
            "outbreak": cast.outbreak,
            "by": cast.noel,
            "at": DAWN,
            "modality": Sighting.Modality.CT,
            "confirmation": Sighting.Confirmation.SUSPECTED,
            "text": "A man in his forties, ground glass in both lower lobes on day five.",
            **fields,
        }
    )


def test_a_report_is_in_the_queue_at_once_and_stays_until_it_is_answered(cast: Cast) -> None:
    sent = report(cast)
    assert [each.sighting for each in queue(at=DAWN)] == [sent]
    answer_report(sent, word="Thank you, we see the same.", by=cast.haneul, at=DAWN + HOUR)
    assert queue(at=DAWN + HOUR) == []
    assert [each.sighting for each in queue(at=DAWN)] == [sent], "as it was on that day"


def test_sending_twice_makes_one_report(cast: Cast) -> None:
    key = uuid4()
    assert report(cast, key=key) == report(cast, key=key, at=DAWN + HOUR)
    assert Sighting.objects.count() == 1


def test_somebody_elses_key_does_not_open_their_report(cast: Cast) -> None:
    key = uuid4()
    report(cast, key=key)
    with pytest.raises(ValidationError):
        report(cast, key=key, by=cast.sora)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("환자 900101-1234567 입니다", "resident-number"),
        ("9001011234567", "resident-number"),
        ("call 010-1234-5678", "phone-number"),
        ("보호자 +82 10 1234 5678", "phone-number"),
        ("write to kim@example.org", "e-mail"),
        ("등록번호 12345", "chart-number"),
        ("MRN: 4711", "chart-number"),
        ("생년월일 1980", "date-of-birth"),
        ("DOB: 3/4/80", "date-of-birth"),
        ("성명: 홍길동", "name"),
        ("Patient name: John", "name"),
        ("20201234567", "long-number"),
    ],
)
def test_a_text_that_seems_to_name_a_patient_is_refused_and_not_kept(cast: Cast, text: str, kind: str) -> None:
    assert kind in identifiers_in(text)
    for field in ("text", "tips"):
        with pytest.raises(ValidationError) as error:
            report(cast, **{field: text})
        assert text not in str(error.value)
    assert not Sighting.objects.exists()
    assert text not in str(list(Entry.objects.values_list("details", flat=True)))


@pytest.mark.parametrize(
    "text",
    [
        "48세 남자, 발열 5일째. 체온 38.1, CRP 3.2",
        "SpO2 94 %, 120 kVp, 1.25 mm, 512x512, 3 of 14 patients on 2020-02-23",
        "Ground glass 2-3 cm; RT-PCR positive on the 2nd test (Ct 31.5)",
    ],
)
def test_clinical_words_and_numbers_pass(text: str) -> None:
    assert identifiers_in(text) == []


def test_one_editor_takes_it_up_and_may_put_it_back(cast: Cast) -> None:
    sent = report(cast)
    take_up(sent, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied):
        take_up(sent, by=cast.bora, at=DAWN)
    put_back(sent, by=cast.haneul, at=DAWN)
    assert take_up(sent, by=cast.bora, at=DAWN).taken_by == cast.bora


def test_an_answer_needs_a_word_and_a_closed_report_is_not_answered_again(cast: Cast) -> None:
    sent = report(cast)
    with pytest.raises(ValidationError):
        answer_report(sent, word="  ", by=cast.haneul, at=DAWN)
    close_as_known(sent, word="See notice 3.", by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError):
        answer_report(sent, word="Again", by=cast.bora, at=DAWN)
    reopen_report(sent, by=cast.bora, at=DAWN)
    assert [each.sighting for each in queue(at=DAWN)] == [sent]


def test_only_editors_work_on_the_queue(cast: Cast) -> None:
    sent = report(cast)
    for other in (cast.noel, cast.maru, cast.ara, cast.sora):
        with pytest.raises(PermissionDenied):
            take_up(sent, by=other, at=DAWN)


def test_a_report_becomes_a_draft_notice_that_says_where_it_is_from(cast: Cast) -> None:
    sent = report(cast, tips="Side door, ten minutes.")
    url = use_report(sent, "notice", by=cast.haneul, at=DAWN)
    notice = Notice.objects.get()
    assert url == reverse("edit_notice", args=[notice.number])
    assert notice.state == Notice.State.DRAFT
    assert "ground glass" in notice.body_en
    assert "Side door" in notice.body_en
    assert f"Field report {sent.pk}" in notice.source
    assert cast.noel.name not in notice.source, "its author did not allow the name"
    sent.refresh_from_db()
    assert sent.outcome == Sighting.Outcome.USED
    assert sent.steps.get().what == Step.What.USED


def test_a_report_becomes_a_draft_case_with_its_images(cast: Cast) -> None:
    sent = report(cast)
    study = Study.objects.create(
        study_instance_uid="2.25.1", outbreak=cast.outbreak, received_at=DAWN, received_by=cast.noel
    )
    series = Series.objects.create(study=study, series_instance_uid="2.25.2", modality="CT")
    add_images(sent, [series], by=cast.noel, at=DAWN)
    url = use_report(sent, "case", by=cast.haneul, at=DAWN)
    case = Case.objects.get()
    assert url == reverse("edit_case", args=[case.number])
    assert list(case.series.all()) == [series]
    assert "ground glass" in case.findings_en


def test_it_cannot_become_what_no_app_offers(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        use_report(report(cast), "poem", by=cast.haneul, at=DAWN)


def test_editors_are_written_to_when_it_comes_and_its_author_when_it_is_answered(cast: Cast) -> None:
    editors = {cast.haneul, cast.bora}
    sent = report(cast)
    told = Mailing.objects.get(reference=f"sighting:{sent.pk}")
    assert {row.member for row in told.deliveries.all()} == editors
    assert sent.text not in "".join(told.wordings.values_list("text", flat=True))
    answer_report(sent, word="We see the same.", by=cast.haneul, at=DAWN)
    answer = Mailing.objects.exclude(pk=told.pk).get()
    assert [row.member for row in answer.deliveries.all()] == [cast.noel]
    assert "We see the same." in answer.wordings.get(language="en").text


def test_images_are_the_authors_own_and_added_once(cast: Cast) -> None:
    sent = report(cast)
    study = Study.objects.create(
        study_instance_uid="2.25.1", outbreak=cast.outbreak, received_at=DAWN, received_by=cast.noel
    )
    series = Series.objects.create(study=study, series_instance_uid="2.25.2", modality="CT")
    assert add_images(sent, [series], by=cast.noel, at=DAWN) == 1
    assert add_images(sent, [series], by=cast.noel, at=DAWN) == 0
    with pytest.raises(PermissionDenied):
        add_images(sent, [series], by=cast.haneul, at=DAWN)


@pytest.mark.parametrize(("hours", "how"), [(0, "fresh"), (5, "fresh"), (6, "late"), (23, "late"), (24, "too-late")])
def test_its_age_presses(hours: int, how: str) -> None:
    assert lateness(DAWN, at=DAWN + hours * HOUR) == how


def test_the_queue_is_every_editors_task_with_its_age(cast: Cast) -> None:
    report(cast)
    [task] = reports_waiting_for(cast.outbreak, cast.haneul, DAWN + 7 * HOUR)
    assert "7" in str(task.label)
    assert list(reports_waiting_for(cast.outbreak, cast.noel, DAWN)) == []
    assert list(reports_waiting_for(cast.outbreak, None, DAWN)) == []
