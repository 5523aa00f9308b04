"""Taking members' lists in: twice changes nothing, a crash loses nothing, nobody's word is overruled."""

from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError

from firstlight.audit.models import Entry
from firstlight.people import actions
from firstlight.people.actions import import_members, lists
from firstlight.people.models import BadListRow, Consent, ContactPoint, Institution, Member, MemberList
from firstlight.people.queries import Terms
from firstlight.people.rules.lists import Fault
from firstlight.people.rules.tallies import Tally
from tests.cast import DAWN, Cast
from tests.people.lists import BORA, HANEUL, PHONE_ONLY, csv_list

VOUCHED = Terms(is_vouched=True, consent_wording="2026-11")
State = MemberList.State


def take(path: Path, terms: Terms = VOUCHED, *, is_rehearsal: bool = False) -> tuple[Tally, list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []
    tally = import_members(
        path,
        terms=terms,
        by="command:test",
        at=DAWN,
        is_rehearsal=is_rehearsal,
        tell_bad=lambda row: bad.extend((row.row.line, each.fault.value) for each in row.complaints),
    )
    return tally, bad


def counts(tally: Tally) -> tuple[int, int, int, int]:
    return tally.new, tally.changed, tally.unchanged, tally.bad


@pytest.fixture
def good_list(tmp_path: Path) -> Path:
    return csv_list(tmp_path / "list.csv")


def everything() -> list[object]:
    tables = (Member, ContactPoint, Consent, Institution, EmailAddress)
    return [list(table.objects.order_by("pk").values()) for table in tables]  # type: ignore[attr-defined]


def test_a_rehearsal_says_what_would_happen_and_changes_nothing(db: None, good_list: Path) -> None:
    tally, bad = take(good_list, is_rehearsal=True)
    assert (counts(tally), bad) == ((3, 0, 0, 0), [])
    assert tally.roles == {"editor": 1, "reader": 1}
    assert sorted(tally.institutions.values()) == ["Dara Hospital", "가나병원"]
    assert everything() == [[], [], [], [], []]
    assert not Entry.objects.exists()


def test_members_come_in_with_addresses_consents_and_roles(db: None, good_list: Path) -> None:
    tally, _bad = take(good_list)
    assert counts(tally) == (3, 0, 0, 0)
    haneul = Member.objects.get(email="kim@example.org")
    assert (haneul.name, haneul.specialty, haneul.language, haneul.has_usable_password()) == (
        "김하늘", "chest", "ko", False,
    )  # fmt: skip
    assert haneul.institution is not None
    assert haneul.institution.name_ko == "가나병원"
    assert haneul.contacts.reachable().count() == 2  # type: ignore[attr-defined]
    assert list(haneul.consents.values_list("channel", "how", "wording")) == [
        ("sms", "import", "2026-11"),
        ("email", "import", "2026-11"),
    ]
    bora = Member.objects.get(email="bora@example.org")
    assert bora.name == "<b>Bora</b> Lee"
    assert set(bora.grants.values_list("role", flat=True)) == {"member", "editor", "reader"}
    sol = Member.objects.get(name="이솔")
    assert (sol.email, sol.contacts.get().address) == (None, "+821098765432")
    assert EmailAddress.objects.filter(verified=True).count() == 2


def test_the_same_list_again_changes_nothing(db: None, good_list: Path) -> None:
    take(good_list)
    before = everything()
    tally, bad = take(good_list)
    assert (counts(tally), bad) == ((0, 0, 3, 0), [])
    assert everything() == before


def test_without_the_society_s_word_addresses_are_asked_first(db: None, good_list: Path) -> None:
    take(good_list, Terms())
    assert ContactPoint.objects.unverified().count() == 4
    assert not Consent.objects.exists()
    assert not EmailAddress.objects.filter(verified=True).exists()
    tally, _bad = take(good_list)
    assert counts(tally) == (0, 3, 0, 0)
    assert ContactPoint.objects.reachable().count() == 4


def test_a_list_changes_what_it_says_and_nothing_it_leaves_empty(db: None, good_list: Path, tmp_path: Path) -> None:
    take(good_list)
    moved = ("김하늘", "kim@example.org", "010-5555-6666", "다라병원", "", "", "reader")
    tally, _bad = take(csv_list(tmp_path / "next.csv", [moved]), Terms())
    assert counts(tally) == (0, 1, 0, 0)
    haneul = Member.objects.get(email="kim@example.org")
    assert (haneul.specialty, haneul.institution and haneul.institution.name_ko) == ("chest", "다라병원")
    phone = haneul.contacts.get(channel="sms")
    assert (phone.address, phone.verified_at) == ("+821055556666", None)
    assert haneul.contacts.get(channel="email").verified_at is not None
    assert set(haneul.grants.values_list("role", flat=True)) == {"member", "reader"}


def test_a_member_with_a_phone_alone_is_recognised_by_it(db: None, good_list: Path, tmp_path: Path) -> None:
    take(good_list)
    tally, _bad = take(csv_list(tmp_path / "next.csv", [("이솔", "sol@example.org", "010-9876-5432", "", "", "", "")]))
    assert counts(tally) == (0, 1, 0, 0)
    sol = Member.objects.get(name="이솔")
    assert (sol.email, sol.contacts.count()) == ("sol@example.org", 2)


def test_who_said_no_is_not_overruled_by_a_list(db: None, good_list: Path) -> None:
    take(good_list)
    sol = Member.objects.get(name="이솔")
    actions.withdraw_consent(sol, "sms", how=Consent.How.REPLY, by=sol, at=DAWN)
    tally, _bad = take(good_list)
    assert counts(tally) == (0, 0, 3, 0)
    assert not sol.contacts.reachable().exists()  # type: ignore[attr-defined]


def test_rows_against_what_is_known_are_bad(cast: Cast, good_list: Path, tmp_path: Path) -> None:
    take(good_list)
    gone = cast.noel
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    rows = [
        ("X", "kim@example.org", "010-9876-5432", "", "", "", ""),
        ("Noel", gone.email or "", "", "", "", "", ""),
        ("김하늘", "kim@example.org", "", "", "", "", ""),
        ("김하늘", "", "010-1234-5678", "", "", "", ""),
    ]
    tally, bad = take(csv_list(tmp_path / "next.csv", rows))
    assert bad == [
        (2, Fault.ANOTHERS_ADDRESS.value),
        (3, Fault.DEACTIVATED.value),
        (4, Fault.SAME_EMAIL.value),
    ]
    assert counts(tally) == (0, 0, 1, 3)


def test_an_address_with_which_someone_signs_in_is_theirs(cast: Cast, tmp_path: Path) -> None:
    EmailAddress.objects.create(user=cast.noel, email="second@example.org", verified=True, primary=False)
    row = ("Noel", "second@example.org", "", "", "", "", "")
    tally, bad = take(csv_list(tmp_path / "list.csv", [row]))
    assert (counts(tally), bad) == ((0, 1, 0, 0), [])
    assert Member.objects.count() == 1


def test_a_hundred_stretches_find_doubles_across_them(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "STRETCH", 2)
    rows = [(f"M{number}", f"m{number % 7}@example.org", "", "Same", "", "", "") for number in range(20)]
    tally, bad = take(csv_list(tmp_path / "list.csv", rows))
    assert counts(tally) == (7, 0, 0, 13)
    assert {fault for _line, fault in bad} == {"same-email"}
    assert Institution.objects.count() == 1


def hand_in(cast: Cast, path: Path) -> MemberList:
    row = actions.hand_in_list([path.read_bytes()], is_vouched=True, consent_wording="2026-11", by=cast.ara, at=DAWN)
    lists.work_on_list.func(row.pk)
    row.refresh_from_db()
    return row


def work(row: MemberList) -> MemberList:
    lists.work_on_list.func(row.pk)
    row.refresh_from_db()
    return row


def test_a_list_is_looked_at_then_taken_in_on_a_word(cast: Cast, tmp_path: Path, store: Path) -> None:
    bad = ("", "x", "", "", "", "", "")
    row = hand_in(cast, csv_list(tmp_path / "list.csv", [HANEUL, bad, BORA, PHONE_ONLY]))
    assert (row.state, row.new_count, row.bad_count, row.last_line) == (State.CHECKED, 3, 1, 5)
    assert row.roles == {"editor": 1, "reader": 1}
    assert Member.objects.count() == 1
    actions.confirm_list(row, by=cast.ara, at=DAWN)
    assert work(row).state == State.DONE
    assert (row.new_count, row.changed_count, row.unchanged_count, row.bad_count) == (3, 0, 0, 1)
    assert Member.objects.count() == 4
    assert not any((store / "member-lists").iterdir()), "the file is gone once it was taken in"
    again = work(row)
    assert (again.state, Member.objects.count()) == (State.DONE, 4)


def test_a_broken_import_goes_on_where_it_stopped(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "STRETCH", 5)
    rows = [(f"M{number}", f"m{number}@example.org", "", f"I{number % 3}", "", "", "") for number in range(23)]
    row = hand_in(cast, csv_list(tmp_path / "list.csv", rows))
    actions.confirm_list(row, by=cast.ara, at=DAWN)
    write, calls = lists.write_matches, []

    def break_down(*args: object, **kwargs: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        write(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(lists, "write_matches", break_down)
    with pytest.raises(RuntimeError):
        work(row)
    row.refresh_from_db()
    assert (row.line, row.new_count, Member.objects.count() - 1) == (11, 10, 10)
    assert work(row).state == State.DONE
    assert (row.new_count, Member.objects.count() - 1, ContactPoint.objects.exclude(member=cast.ara).count()) == (
        23, 23, 23,
    )  # fmt: skip


def test_two_workers_at_one_list_write_every_row_once(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "STRETCH", 5)
    rows = [(f"M{number}", f"m{number}@example.org", "", "", "", "", "") for number in range(20)]
    row = hand_in(cast, csv_list(tmp_path / "list.csv", rows))
    actions.confirm_list(row, by=cast.ara, at=DAWN)
    write = lists.write_matches
    started: list[int] = []

    def let_another_in(*args: object, **kwargs: object) -> None:
        write(*args, **kwargs)  # type: ignore[arg-type]
        if not started:
            started.append(1)
            lists.work_on_list.func(row.pk)

    monkeypatch.setattr(lists, "write_matches", let_another_in)
    work(row)
    assert Member.objects.count() - 1 == 20


def test_an_unreadable_list_is_refused_with_its_reason(cast: Cast, tmp_path: Path, store: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xd0\xcf\x11\xe0 old")
    row = hand_in(cast, path)
    assert (row.state, row.fault, row.file) == (State.REFUSED, "old-spreadsheet", "")
    assert not any((store / "member-lists").iterdir())


def test_one_list_at_a_time_and_only_by_administrators(cast: Cast, tmp_path: Path) -> None:
    first = hand_in(cast, csv_list(tmp_path / "a.csv"))
    second = hand_in(cast, csv_list(tmp_path / "b.csv", [HANEUL]))
    actions.confirm_list(first, by=cast.ara, at=DAWN)
    with pytest.raises(ValidationError):
        actions.confirm_list(second, by=cast.ara, at=DAWN)
    for refused in (actions.confirm_list, actions.discard_list, actions.carry_on):
        with pytest.raises(PermissionDenied):
            refused(second, by=cast.haneul, at=DAWN)
    actions.discard_list(second, by=cast.ara, at=DAWN)
    assert work(second).state == State.DISCARDED


def test_no_address_reaches_the_audit_trail(cast: Cast, tmp_path: Path) -> None:
    row = hand_in(cast, csv_list(tmp_path / "list.csv"))
    actions.confirm_list(row, by=cast.ara, at=DAWN)
    work(row)
    said = str(list(Entry.objects.values()))
    assert "kim@" not in said
    assert "1234" not in said
    assert "김하늘" not in said
    assert Entry.objects.filter(verb="members.imported").count() == 1


def test_old_lists_and_their_bad_rows_are_forgotten(cast: Cast, tmp_path: Path) -> None:
    row = hand_in(cast, csv_list(tmp_path / "list.csv", [HANEUL, ("", "x", "", "", "", "", "")]))
    assert BadListRow.objects.count() == 1
    actions.hand_in_list([b"x"], is_vouched=False, consent_wording="", by=cast.ara, at=DAWN + lists.FORGOTTEN_AFTER * 2)
    row.refresh_from_db()
    assert (BadListRow.objects.count(), row.file) == (0, "")
