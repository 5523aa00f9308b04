from datetime import date

import pytest

from firstlight.dicom.keys import SiteKey
from firstlight.library.models import Case
from firstlight.people.models import Member, Role
from firstlight.replay.hospital import Shipment
from firstlight.replay.script import KOREA_2020, StudyScript, case_script, moment, read_toml
from firstlight.replay.weekly import play_weekly
from firstlight.weekly.models import Round
from firstlight.weekly.queries import ranking
from firstlight.weekly.rules.naming import normalised
from firstlight.weekly.vocabulary import Vocabulary, shipped
from tests.cast import Cast
from tests.shipments import ct, receipt_for

ROUNDS = read_toml(KOREA_2020 / "weekly.toml")["rounds"]


@pytest.fixture
def people(cast: Cast) -> dict[str, Member]:
    editors = {name: cast.member(name.title(), Role.MEMBER, Role.EDITOR) for name in ("yeo", "seo")}
    return {**editors, **{name: cast.member(name.title(), Role.MEMBER) for name in ("yun", "no", "han", "yi")}}


def send(study: StudyScript, site: str) -> Shipment:
    """Small slices in the place of a whole chest; each patient has a study of their own."""
    instances = ct(study.slices, study=study.patient.seed)
    return Shipment(
        instances, [receipt_for(instances, key=SiteKey.from_bytes(b"the key of the site " + site.encode()))]
    )


def test_the_scripts_wait_for_a_clinician_and_ask_what_the_vocabulary_knows() -> None:
    scripts = [case_script(each["case"]) for each in ROUNDS]
    assert all(each.texts["sign_off"] == "unsigned" and each.texts["sign_off_note_ko"] for each in scripts)
    known = Vocabulary.of(shipped()).known
    assert all(normalised(name) in known for each in ROUNDS for name in each["right"])


def test_three_weeks_are_played_once(people: dict[str, Member]) -> None:
    assert play_weekly(people, send=send) == 3
    assert play_weekly(people, send=send) == 0
    assert (
        Case.objects.filter(state=Case.State.PUBLISHED).count()
        == Round.objects.filter(revealed_at__isnull=False).count()
        == 3
    )
    in_march = moment(date(2020, 3, 1), 9)
    standing = {line.tally.who: (line.place, line.tally.points) for line in ranking(2020, at=in_march)}
    names = ("yun", "no", "yi", "han")
    assert [standing[people[name].pk] for name in names] == [(1, 270), (1, 270), (3, 170), (4, 70)]
    assert ranking(2020, at=moment(date(2020, 2, 10), 8)) == []
