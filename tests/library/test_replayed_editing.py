"""The demo's review, correction and retraction, played on images of the tests."""

import pytest

from firstlight.imaging.actions import receive
from firstlight.imaging.models import Series
from firstlight.library import actions
from firstlight.library.models import Case, Removal, Review
from firstlight.people.models import Member, Role
from firstlight.replay.casework import author_of
from firstlight.replay.editing import as_first_published, play_correction, play_retraction, play_review, read_editing
from firstlight.replay.script import KOREA_2020, CaseScript, case_script, read_toml
from tests.cast import DAWN, Cast
from tests.shipments import ct

EDITING = read_editing(KOREA_2020)


def script_of(number: int) -> CaseScript:
    return case_script(read_toml(KOREA_2020 / "cases" / f"{number:02}.toml"))


@pytest.fixture
def members(cast: Cast) -> dict[str, Member]:
    names = {"yeo": "여명빛 Yeo Myeongbit", "seo": "서광별 Seo Gwangbyeol", "yun": "윤슬결 Yun Seulgyeol"}
    people = {key: cast.member(key, Role.READER if key == "yun" else Role.EDITOR) for key in names}
    for key, member in people.items():
        member.name = names[key]
        member.save()
    return people


def play(script: CaseScript, members: dict[str, Member]) -> Case:
    """A case published as the demo does it, on three slices of its own."""
    author, number = members[script.created_by], script.number
    list(receive(ct(3, study=number, series=number), outbreak=None, by=author, at=DAWN))
    series = Series.objects.order_by("-pk")[0]
    case = actions.begin_case(outbreak=None, by=author, at=script.begun_at, number=number)
    actions.attach_series(case, [series], by=author, at=script.begun_at)
    for instance in (*series.instances.all(), *series.instances.all()):
        actions.add_key_image(case, instance, by=author, at=script.begun_at)
    actions.name_authors(case, [author_of(author)], by=author, at=script.begun_at, members={1: author})
    actions.write_case(case, by=author, at=script.begun_at, **as_first_published(script, EDITING).texts)
    actions.submit_case(case, by=author, at=script.submitted_at)
    play_review(case, script, EDITING, members)
    actions.publish_case(case, by=members[script.published_by], at=script.published_at)
    return case


def test_what_was_wrong_is_put_right_with_a_notice(members: dict[str, Member]) -> None:
    [raw] = EDITING["corrections"]
    script = script_of(raw["case"])
    case = play(script, members)
    play_correction(script, EDITING, members)
    play_correction(script, EDITING, members)
    first, second = case.versions.order_by("number")
    for name, (right, wrong) in raw["was"].items():
        assert wrong in first.document[name] and right not in first.document[name]
        assert second.document[name] == script.texts[name]
    assert (second.kind, second.reason_en) == ("major", raw["reason_en"])
    assert [each["name_ko"] for each in second.document["authors"]] == ["여명빛"]


def test_the_review_is_settled_before_the_case_goes_up(members: dict[str, Member]) -> None:
    [raw] = EDITING["reviews"]
    script = script_of(raw["case"])
    case = play(script, members)
    review = Review.objects.get()
    assert review.recommendation == raw["recommendation"]
    assert review.recommended_at and review.recommended_at < script.published_at
    assert not case.review_comments.filter(answers__isnull=True, resolved_at__isnull=True).exists()


def test_the_retracted_case_is_there_for_two_days(members: dict[str, Member]) -> None:
    for _again in range(2):
        play_retraction(lambda script: play(script, members), EDITING, members)  # type: ignore[arg-type,return-value]
    removal = Removal.objects.get()
    version = removal.case.versions.get()
    assert (removal.case.number, removal.kind) == (15, "retracted")
    assert (removal.removed_at - version.in_force_from).days == 2
