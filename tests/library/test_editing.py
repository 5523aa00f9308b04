"""A case is reviewed before it is published and corrected in the open after it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from firstlight.audit.models import Entry
from firstlight.delivery.models import Delivery
from firstlight.imaging.models import Study
from firstlight.library import actions
from firstlight.library.models import Case, CaseVersion, Review
from firstlight.library.queries.cases import document_of, version_in_force
from firstlight.library.queries.history import PARTS, changes_of, history_of, removal_in_force
from firstlight.library.queries.outbreak import case_news
from firstlight.library.queries.review import completeness
from firstlight.library.rules import AuthorView, CaseDocument
from firstlight.library.rules.changes import changes_between, compare
from firstlight.library.rules.orcid import BadOrcid, check_character, read_orcid
from firstlight.library.rules.pointing import MarkView
from firstlight.outbreaks.models import Outbreak
from firstlight.weekly.policies import knows_the_answer
from tests.cast import DAWN, Cast
from tests.drafts import HOUR, published
from tests.weekly.rounds import scheduled

LONG_AGO = DAWN.replace(year=2020)
JOSIAH = AuthorView("Josiah", "Carberry", "", "0000-0002-1825-0097", "", "Brown University")


@pytest.fixture
def past(cast: Cast, case: Case) -> Case:
    """Haneul's case, published where the site's own clock sees it."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=LONG_AGO)
    actions.submit_case(case, by=cast.haneul, at=LONG_AGO)
    actions.publish_case(case, by=cast.bora, at=LONG_AGO)
    return case


def corrected(cast: Cast, case: Case, *, kind: str = "major", at: object = LONG_AGO + 24 * HOUR) -> CaseVersion:
    case.refresh_from_db()
    actions.write_case(case, by=cast.haneul, at=at, findings_en="[Ground glass](key:1) on the right.")  # type: ignore[arg-type]
    actions.submit_case(case, by=cast.haneul, at=at)  # type: ignore[arg-type]
    return actions.publish_case(
        case,
        by=cast.bora,
        at=at,
        kind=kind,
        reason_en="The side was wrong.",
        reason_ko="좌우가 바뀌었다.",  # type: ignore[arg-type]
    )


@given(st.text("0123456789", min_size=15, max_size=15))
def test_an_orcid_is_read_in_any_spelling_and_no_digit_of_it_may_be_wrong(digits: str) -> None:
    whole = digits + check_character(digits)
    grouped = "-".join(whole[place : place + 4] for place in (0, 4, 8, 12))
    for spelling in (whole, grouped, f"https://orcid.org/{grouped}", f" {grouped.lower()} "):
        assert read_orcid(spelling) == grouped
    for place in range(15):
        other = str((int(whole[place]) + 1) % 10)
        with pytest.raises(BadOrcid):
            read_orcid(whole[:place] + other + whole[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "0000-0002-1825-0098", "0000-0002-1825", "https://example.org/0000-0002-1825-0097"]
)
def test_what_is_no_orcid_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadOrcid) as refused:
        read_orcid(text)
    assert str(refused.value) == ""


def test_published_examples_of_orcid() -> None:
    assert read_orcid("0000-0002-1825-0097") and read_orcid("0000-0001-5109-3700") and read_orcid("0000-0002-1694-233X")


def test_authors_are_named_in_order_member_or_not(cast: Cast, case: Case) -> None:
    actions.name_authors(case, [JOSIAH, AuthorView("", "Hong", "홍길동")], by=cast.haneul, at=DAWN)
    assert [each.family_name for each in document_of(case).authors] == ["Carberry", "Hong"]
    with pytest.raises(ValidationError, match="family name"):
        actions.name_authors(case, [AuthorView("Only", " ")], by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError, match="ORCID"):
        actions.name_authors(case, [AuthorView("A", "B", "", "0000-0002-1825-0098")], by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError, match="same ORCID"):
        actions.name_authors(case, [JOSIAH, JOSIAH], by=cast.haneul, at=DAWN)
    assert case.authors.count() == 2, "what was refused changed nothing"


def test_a_member_named_as_author_can_neither_review_nor_publish(cast: Cast, case: Case) -> None:
    actions.name_authors(case, [JOSIAH], by=cast.haneul, at=DAWN, members={1: cast.bora})
    with pytest.raises(ValidationError, match="own case"):
        actions.ask_reviewer(case, cast.bora, by=cast.haneul, at=DAWN)
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied):
        actions.publish_case(case, by=cast.bora, at=DAWN)


def test_a_required_comment_keeps_a_case_until_somebody_else_settles_it(cast: Cast, case: Case) -> None:
    actions.ask_reviewer(case, cast.noel, by=cast.haneul, at=DAWN)
    comment = actions.comment_on_case(case, "Which side?", by=cast.noel, at=DAWN, part="findings", is_required=True)
    answer = actions.answer_comment(comment, "The left one.", by=cast.haneul, at=DAWN)
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied, match="still open"):
        actions.publish_case(case, by=cast.bora, at=DAWN)
    for settle in (comment, answer):
        with pytest.raises(PermissionDenied):
            actions.resolve_comment(settle, by=cast.haneul, at=DAWN)
    actions.resolve_comment(comment, by=cast.noel, at=DAWN)
    actions.reopen_comment(comment, by=cast.bora, at=DAWN)
    assert not CaseVersion.objects.exists()
    actions.resolve_comment(comment, by=cast.bora, at=DAWN)
    assert actions.publish_case(case, by=cast.bora, at=DAWN + HOUR).number == 1
    verbs = set(Entry.objects.filter(target=f"case:{case.pk}").values_list("verb", flat=True))
    assert {"case.reviewer_asked", "case.commented", "case.comment_answered", "case.comment_resolved"} <= verbs


def test_an_author_cannot_require_and_strangers_cannot_comment(cast: Cast, case: Case) -> None:
    own = actions.comment_on_case(case, "To do", by=cast.haneul, at=DAWN, is_required=True)
    assert not own.is_required
    for member in (cast.noel, cast.sora, cast.ara):
        with pytest.raises(PermissionDenied):
            actions.comment_on_case(case, "Me too", by=member, at=DAWN)
    with pytest.raises(ValidationError):
        actions.comment_on_case(case, "  ", by=cast.bora, at=DAWN)


def test_a_case_with_open_requirements_can_still_be_given_back(cast: Cast, case: Case) -> None:
    actions.comment_on_case(case, "No.", by=cast.bora, at=DAWN, is_required=True)
    actions.submit_case(case, by=cast.haneul, at=DAWN)
    assert actions.return_case(case, by=cast.bora, at=DAWN, why="See the comment").state == "draft"


def test_a_recommendation_is_the_reviewers_own(cast: Cast, case: Case) -> None:
    review = actions.ask_reviewer(case, cast.noel, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied):
        actions.recommend(review, "publish", by=cast.bora, at=DAWN)
    with pytest.raises(ValidationError):
        actions.recommend(review, "perhaps", by=cast.noel, at=DAWN)
    actions.recommend(review, "minor", by=cast.noel, at=DAWN, certainty="probable", words="Nearly.")
    assert Review.objects.get().recommendation == "minor"
    actions.ask_reviewer(case, cast.noel, by=cast.bora, at=DAWN + HOUR)
    assert Review.objects.get().recommended_at is None, "asked again, they judge anew"


def test_who_reviews_a_weekly_case_knows_its_answer(cast: Cast, case: Case) -> None:
    round_ = scheduled(cast, case)
    assert not knows_the_answer(cast.noel, round_)
    actions.ask_reviewer(case, cast.noel, by=cast.bora, at=DAWN)
    assert knows_the_answer(cast.noel, round_)


def test_readers_never_learn_who_reviewed(cast: Cast, case: Case, client: Client) -> None:
    review = actions.ask_reviewer(case, cast.noel, by=cast.haneul, at=LONG_AGO)
    comment = actions.comment_on_case(case, "A secret remark", by=cast.noel, at=LONG_AGO, is_required=True)
    actions.resolve_comment(comment, by=cast.noel, at=LONG_AGO)
    actions.recommend(review, "publish", by=cast.noel, at=LONG_AGO)
    actions.submit_case(case, by=cast.haneul, at=LONG_AGO)
    actions.publish_case(case, by=cast.bora, at=LONG_AGO)
    paths = ("", "versions/", "versions/1/", "datacite.xml", "datacite.json", "citation.bib", "embed/")
    for path in paths:
        shown = client.get(f"/cases/{case.number}/{path}")
        assert shown.status_code == 200
        assert "Noel" not in shown.content.decode() and "secret remark" not in shown.content.decode()
    for path in ("review/", "preview/"):
        assert client.get(f"/cases/{case.number}/{path}").status_code == 302
        client.force_login(cast.sora)
        assert client.get(f"/cases/{case.number}/{path}").status_code == 403
        client.logout()


def test_completeness_is_the_share_of_what_is_there(cast: Cast, case: Case) -> None:
    before = completeness(document_of(case))
    assert {"both_languages", "authors", "consent", "sign_off"} == set(before.missing) - {"receipts"}
    actions.name_authors(case, [JOSIAH], by=cast.haneul, at=DAWN)
    actions.write_case(case, by=cast.haneul, at=DAWN, is_synthetic=True, sign_off="signed")
    after = completeness(document_of(case))
    assert after.missing == ["both_languages"]
    assert before.percent < after.percent < 100


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_comparison_holds_both_texts_whole(old: str, new: str) -> None:
    spans = compare(old, new)
    assert "".join(each.text for each in spans if each.kind != "new") == old
    assert "".join(each.text for each in spans if each.kind != "gone") == new


def test_a_comparison_goes_by_words() -> None:
    spans = [(each.kind, each.text) for each in compare("왼쪽 폐에 음영", "오른쪽 폐에 음영")]
    assert spans == [("gone", "왼쪽"), ("new", "오른쪽"), ("same", " 폐에 음영")]


def test_a_correction_says_in_public_what_it_corrects(cast: Cast, past: Case, client: Client) -> None:
    with pytest.raises(ValidationError, match="corrects"):
        actions.write_case(past, by=cast.haneul, at=LONG_AGO + HOUR, findings_en="x [here](key:1)")
        actions.submit_case(past, by=cast.haneul, at=LONG_AGO + HOUR)
        actions.publish_case(past, by=cast.bora, at=LONG_AGO + HOUR, kind="minor")
    assert past.versions.count() == 1
    corrected(cast, past)
    page = client.get(f"/cases/{past.number}/").content.decode()
    assert "Major correction" in page and "The side was wrong." in page
    assert "The side was wrong." not in client.get(f"/cases/{past.number}/?on=2020-03-01").content.decode()
    assert "좌우가 바뀌었다." in client.get(f"/cases/{past.number}/?lang=ko").content.decode()
    assert [str(each.kind) for each in case_news(cast.outbreak, DAWN)] == ["Case", "Major correction"]


def test_what_changed_is_shown_word_by_word(cast: Cast, past: Case, client: Client) -> None:
    corrected(cast, past)
    first, second = past.versions.order_by("number")
    assert [each.change.part for each in changes_of(first, second)] == ["findings"]
    page = client.get(f"/cases/{past.number}/versions/2/changes/").content.decode()
    assert "<del>left</del><ins>right</ins>" in page
    assert client.get(f"/cases/{past.number}/versions/1/changes/").status_code == 404
    assert client.get(f"/cases/{past.number}/versions/2/changes/?from=99").status_code == 404
    assert "on the left" in client.get(f"/cases/{past.number}/versions/1/").content.decode()
    assert client.get(f"/cases/{past.number}/versions/2/?on=2020-03-01").status_code == 404
    history = client.get(f"/cases/{past.number}/versions/").content.decode()
    assert "Haneul" in history and "Bora" in history and "The side was wrong." in history


def test_moved_marks_cells_and_findings_are_changes_too(past: Case) -> None:
    document = past.versions.get().document
    old = CaseDocument.from_json(document)
    mark = MarkView(1, "2.25.1", 3, "arrow", [[1.0, 2.0], [3.5, 4.0]], "결절", "Nodule")
    cell = {"series": old.series[0], "zoom": 2.0, "image": {"frame": 3}, "window": {"centre": -600.0, "width": 1500.0}}
    new = replace(
        old,
        marks=[mark],
        arrangement={"layout": "1x2", "cells": [cell, None]},
        readings={"ct": {"values": {"laterality": "left", "opacities": ["ground_glass", "consolidation"]}}},
    )
    told = {each.part: "".join(span.text for span in each.spans) for each in changes_between(old, new)}
    assert told == {
        "marks": "1. arrow 결절 Nodule (3: 1/2, 3.5/4)",
        "arrangement": "1x2\n1 · (3) · -600/1500 · 2x\n–",
        "readings": "ct laterality: left\nct opacities: ground_glass, consolidation",
    }
    assert {each.part for each in changes_between(old, new)} < set(PARTS)
    assert changes_between(new, new) == []


def test_a_retracted_case_is_a_tombstone_for_ever(cast: Cast, past: Case, client: Client) -> None:
    at = LONG_AGO + timedelta(days=10)
    with pytest.raises(ValidationError, match="why"):
        actions.retract_case(past, by=cast.bora, at=at)
    actions.retract_case(past, by=cast.bora, at=at, reason_en="The diagnosis was disproved.")
    page = client.get(f"/cases/{past.number}/")
    assert page.status_code == 410
    text = page.content.decode()
    assert "The diagnosis was disproved." in text and "Fever in a traveller" in text and "[Retracted]" in text
    assert "Viral pneumonia" not in text and "data-viewer" not in text and "noindex" in text
    assert Study.objects.get().public_since is None
    for path in ("versions/1/", "dicom.zip", "teaching-file.zip", "case.pdf"):
        assert client.get(f"/cases/{past.number}/{path}").status_code == 410, path
    assert client.get(f"/cases/{past.number}/embed/").status_code == 404
    assert "Fever" not in client.get("/cases/").content.decode()
    then = client.get(f"/cases/{past.number}/?on=2020-03-02")
    assert then.status_code == 200 and "This case was retracted later." in then.content.decode()
    past.refresh_from_db()
    for act in (actions.write_case, actions.withdraw_case):
        with pytest.raises(PermissionDenied, match="stays as it is"):
            act(past, by=cast.haneul, at=at, **({"why": "x"} if act is actions.withdraw_case else {}))  # type: ignore[operator]
    with pytest.raises(ValidationError):
        actions.retract_case(past, by=cast.bora, at=at, reason_en="again")


def test_a_withdrawn_case_may_come_back(cast: Cast, past: Case, client: Client) -> None:
    at = LONG_AGO + timedelta(days=10)
    actions.withdraw_case(past, by=cast.bora, at=at, why="consent", reason_en="Permission is asked again.")
    page = client.get(f"/cases/{past.number}/")
    assert page.status_code == 404
    assert "Permission is asked again." in page.content.decode() and "Fever" not in page.content.decode()
    corrected(cast, past, kind="update", at=at + HOUR)
    assert client.get(f"/cases/{past.number}/").status_code == 200
    assert removal_in_force(past.number, at=at) is not None
    assert removal_in_force(past.number, at=at + HOUR) is None
    assert [each.kind for each in history_of(past, at=DAWN)] == ["update", "withdrawn", "first"]


def test_a_draft_that_is_withdrawn_leaves_no_public_trace(cast: Cast, case: Case, client: Client) -> None:
    actions.withdraw_case(case, by=cast.haneul, at=LONG_AGO, why="begun twice")
    assert not case.removals.exists()
    page = client.get(f"/cases/{case.number}/")
    assert page.status_code == 404 and "withdrawn" not in page.content.decode()
    with pytest.raises(ValidationError):
        actions.retract_case(case, by=cast.haneul, at=LONG_AGO, reason_en="x")


def test_images_that_only_an_earlier_version_showed_close_too(cast: Cast, case: Case) -> None:
    published(cast, case)
    series = case.series.get()
    case.refresh_from_db()
    actions.detach_series(case, series, by=cast.haneul, at=DAWN + 3 * HOUR)
    actions.retract_case(case, by=cast.bora, at=DAWN + 4 * HOUR, reason_en="Wrong patient group")
    assert Study.objects.get().public_since is None


def test_who_is_asked_and_whose_case_comes_back_get_a_letter(cast: Cast, case: Case, client: Client) -> None:
    address = f"/cases/{case.number}/"
    client.force_login(cast.haneul)
    client.post(address + "review/ask/", {"reviewer": cast.noel.pk})
    client.post(address + "submit/")
    client.force_login(cast.bora)
    client.post(address + "return/", {"why": "Which side?"})
    letters = [(each.member.name, each.mailing.wordings.get(language="en")) for each in Delivery.objects.order_by("pk")]
    assert [name for name, _words in letters] == ["Noel", "Haneul"]
    assert all(f"{address}review/" in words.text for _name, words in letters)
    assert all(word not in words.text + words.subject for _name, words in letters for word in ("Which side?", "Noel"))
    cast.noel.contacts.all().delete()
    review = actions.ask_reviewer(case, cast.noel, by=cast.haneul, at=DAWN)
    assert not actions.tell_reviewer(review, at=DAWN), "who has no address finds it on their own page"


def test_the_whole_review_goes_through_its_pages(cast: Cast, case: Case, client: Client) -> None:
    address = f"/cases/{case.number}/"
    client.force_login(cast.haneul)
    authors = {"authors-TOTAL_FORMS": 2, "authors-INITIAL_FORMS": 0, "authors-0-family_name": "Carberry"}
    bad = client.post(address + "authors/", {**authors, "authors-0-orcid": "0000-0002-1825-0098"})
    assert bad.status_code == 200 and "no ORCID iD" in bad.content.decode()
    client.post(address + "authors/", {**authors, "authors-0-orcid": "0000000218250097", "authors-0-given_name": "J"})
    assert case.authors.get().orcid == "0000-0002-1825-0097"
    client.post(address + "review/ask/", {"reviewer": cast.noel.pk})
    client.post(address + "submit/")
    client.force_login(cast.noel)
    assert address + "review/" in client.get("/cases/reviews/").content.decode()
    assert client.get(address + "preview/").status_code == 200
    study = Study.objects.get()
    assert client.get(f"/dicom-web/studies/{study.study_instance_uid}/metadata").status_code == 200, "reviewers see it"
    client.post(address + "review/comments/", {"part": "findings", "text": "Which?", "is_required": "on"})
    comment = case.review_comments.get()
    assert comment.is_required
    client.post(address + "review/recommend/", {"recommendation": "minor", "words": "Nearly"})
    assert client.get(f"/dicom-web/studies/{study.study_instance_uid}/metadata").status_code == 404, "and no longer"
    client.force_login(cast.haneul)
    client.post(f"{address}review/comments/{comment.pk}/answer/", {"text": "The left"})
    client.post(f"{address}review/comments/{comment.pk}/settle/")
    client.force_login(cast.bora)
    page = client.get(address + "review/").content.decode()
    assert "Nearly" in page and "The left" in page and "1 comment must be settled" in page
    client.post(address + "publish/")
    assert not case.versions.exists()
    client.post(f"{address}review/comments/{comment.pk}/settle/")
    client.post(address + "publish/")
    assert version_in_force(case.number, at=case.versions.get().in_force_from)
    client.post(address + "remove/", {"kind": "retracted"})
    assert not case.removals.exists(), "no reason, no retraction"
    client.post(address + "remove/", {"kind": "retracted", "reason_ko": "틀렸다"})
    client.logout()
    assert client.get(address).status_code == 410
    assert re.search("틀렸다", client.get(address).content.decode())
    for path in ("remove/", "doi/", "review/ask/", "authors/"):
        assert client.post(address + path, {}).status_code == 302, "a stranger is sent to sign in"
