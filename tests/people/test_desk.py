"""The administrators' pages on members, and the commands."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from firstlight.audit.models import Entry
from firstlight.people.actions import lists, set_contact
from firstlight.people.models import BadListRow, Member, MemberList
from tests.cast import DAWN, Cast
from tests.laws.test_contract import run
from tests.people.lists import BORA, HANEUL, PHONE_ONLY, csv_list

BAD = ("", "nobody", "010-1", "", "", "", "king")


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    """Ara's browser."""
    client.force_login(cast.ara)
    return client


def page(desk: Client, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_only_administrators_see_members(cast: Cast, client: Client) -> None:
    row = MemberList.objects.create(handed_in_at=DAWN, handed_in_by=cast.ara, moved_at=DAWN)
    places = [
        reverse("members"),
        reverse("new_member"),
        reverse("member", args=[cast.noel.pk]),
        reverse("import_members"),
        reverse("member_list", args=[row.pk]),
        reverse("member_list_bad_rows", args=[row.pk]),
        reverse("member_list_template"),
    ]
    posts = [
        reverse(name, args=[pk])
        for name, pk in (
            ("member_contact", cast.noel.pk),
            ("member_consent", cast.noel.pk),
            ("deactivate_member", cast.noel.pk),
            ("reactivate_member", cast.noel.pk),
            ("confirm_member_list", row.pk),
            ("discard_member_list", row.pk),
            ("carry_on_member_list", row.pk),
        )
    ]
    for member in (cast.haneul, cast.maru, cast.noel, None):
        if member:
            client.force_login(member)
        else:
            client.logout()
        expected = 403 if member else 302
        assert {client.get(path).status_code for path in places} == {expected}
        assert {client.post(path).status_code for path in posts} == {expected}
    assert Member.objects.get(pk=cast.noel.pk).is_active


def test_the_list_masks_addresses_and_the_member_s_page_shows_them(cast: Cast, desk: Client) -> None:
    set_contact(cast.noel, "sms", "010-1234-5678", by="command:test", at=DAWN)
    listed = page(desk, "/members/")
    assert "n•••@example.org" in listed
    assert "noel@example.org" not in listed
    assert "1234" not in listed
    own = page(desk, reverse("member", args=[cast.noel.pk]))
    assert "noel@example.org" in own
    assert "+821012345678" in own


def test_members_are_searched_and_narrowed(cast: Cast, desk: Client) -> None:
    cast.everyone()
    found = page(desk, "/members/?text=sora")
    assert "Sora" in found
    assert "Noel" not in found
    assert "No such member" in page(desk, "/members/?reachable=sms")
    assert "No such member" in page(desk, "/members/?inactive=on")


def test_names_with_html_stay_text(cast: Cast, desk: Client) -> None:
    Member.objects.filter(pk=cast.noel.pk).update(name="<b>Noel</b>")
    assert "&lt;b&gt;Noel" in page(desk, "/members/")
    assert "<b>Noel" not in page(desk, reverse("member", args=[cast.noel.pk]))


def test_a_member_is_added_with_a_phone_alone(cast: Cast, desk: Client) -> None:
    form = {"name": "Sol", "language": "ko", "phone": "010-9876-5432", "roles": ["member"], "specialty": "chest"}
    assert desk.post("/members/new/", form).status_code == 302
    sol = Member.objects.get(name="Sol")
    assert (sol.email, sol.specialty, sol.contacts.get().address) == (None, "chest", "+821098765432")
    for changes, word in (
        ({"phone": "123"}, "too few digits"),
        ({"phone": ""}, "needs an e-mail address or a mobile phone"),
        ({"email": "noel@example.org"}, "Another member has this address"),
        ({"time_zone": "Nowhere"}, "no such time zone"),
    ):
        assert cast.noel
        assert word in desk.post("/members/new/", {**form, "name": "X", **changes}).content.decode()
    assert not Member.objects.filter(name="X").exists()


def test_a_member_s_page_changes_what_is_known(cast: Cast, desk: Client) -> None:
    path = reverse("member", args=[cast.noel.pk])
    form = {"name": "Noel Kim", "language": "ko", "roles": ["member", "reader"], "specialty": "", "time_zone": ""}
    assert desk.post(path, form).status_code == 302
    noel = Member.objects.get(pk=cast.noel.pk)
    assert (noel.name, noel.language, set(noel.grants.values_list("role", flat=True))) == (
        "Noel Kim",
        "ko",
        {"member", "reader"},
    )
    own = desk.post(reverse("member", args=[cast.ara.pk]), {**form, "name": "Ara"}).content.decode()
    assert "Another administrator must take this role from you." in own


def test_contacts_consents_and_membership_are_changed_on_the_page(cast: Cast, desk: Client) -> None:
    pk = cast.noel.pk
    contact = reverse("member_contact", args=[pk])
    desk.post(contact, {"channel": "sms", "address": "010-1234-5678", "is_vouched": "on"})
    phone = cast.noel.contacts.get(channel="sms")
    assert phone.verified_how == "society"
    refused = desk.post(contact, {"channel": "sms", "address": "12"}, follow=True).content.decode()
    assert "too few digits" in refused
    desk.post(reverse("member_consent", args=[pk]), {"channel": "sms", "withdraw": "1"})
    assert not cast.noel.contacts.get(channel="sms").is_wanted
    desk.post(contact, {"channel": "sms", "address": ""})
    assert not cast.noel.contacts.filter(channel="sms").exists()
    desk.post(reverse("deactivate_member", args=[pk]))
    assert not Member.objects.get(pk=pk).is_active
    desk.post(reverse("reactivate_member", args=[pk]))
    assert Member.objects.get(pk=pk).is_active
    assert (
        "Another administrator"
        in desk.post(reverse("deactivate_member", args=[cast.ara.pk]), follow=True).content.decode()
    )


def hand_in(desk: Client, path: Path, **terms: str) -> MemberList:
    file = SimpleUploadedFile("secret-name.csv", path.read_bytes())
    answer = desk.post("/members/import/", {"file": file, **terms})
    assert answer.status_code == 302
    return MemberList.objects.latest("pk")


def test_a_list_goes_from_upload_to_members(desk: Client, cast: Cast, tmp_path: Path) -> None:
    terms = {"is_vouched": "on", "has_consent": "on", "consent_wording": "2026-11"}
    row = hand_in(desk, csv_list(tmp_path / "list.csv", [HANEUL, BAD, BORA, PHONE_ONLY]), **terms)
    path = reverse("member_list", args=[row.pk])
    assert 'http-equiv="refresh"' in page(desk, path)
    lists.work_on_list.func(row.pk)
    shown = page(desk, path)
    assert "This is what the list would do" in shown
    assert "Take 3 rows in" in shown
    for sentence in ("There is no name.", "The e-mail address is none.", "too few digits", "This role is unknown."):
        assert sentence in shown
    assert "refresh" not in shown
    table = list(csv.reader(StringIO(b"".join(desk.get(f"{path}bad-rows.csv")).decode("utf-8-sig"))))
    assert table[1][0] == "3"
    assert table[1][3] == "nobody"
    desk.post(f"{path}confirm/")
    assert "being taken in" in page(desk, path)
    lists.work_on_list.func(row.pk)
    assert "The list is taken in" in page(desk, path)
    assert Member.objects.count() == 4
    assert "secret-name" not in str(list(MemberList.objects.values()) + list(Entry.objects.values()))


def test_a_mended_download_can_be_handed_in_again(desk: Client, tmp_path: Path) -> None:
    row = hand_in(desk, csv_list(tmp_path / "list.csv", [("", "sol@example.org", "010-9876-5432", "", "", "", "")]))
    lists.work_on_list.func(row.pk)
    download = b"".join(desk.get(reverse("member_list_bad_rows", args=[row.pk]))).decode()
    mended = tmp_path / "mended.csv"
    mended.write_text(download.replace("There is no name.,,", "There is no name.,Sol,"))
    again = hand_in(desk, mended)
    lists.work_on_list.func(again.pk)
    again.refresh_from_db()
    assert (again.state, again.new_count, again.bad_count) == ("checked", 1, 0)


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "-1+cmd|' /C calc'!A0", "+1+cmd|x"])
def test_a_cell_cannot_become_a_formula(desk: Client, tmp_path: Path, cell: str) -> None:
    row = hand_in(desk, csv_list(tmp_path / "list.csv", [(cell, "", "", "", "", "", "")]))
    lists.work_on_list.func(row.pk)
    table = list(csv.reader(StringIO(b"".join(desk.get(reverse("member_list_bad_rows", args=[row.pk]))).decode())))
    assert table[1][2] == f"'{cell}"


def test_consent_names_its_wording(desk: Client, tmp_path: Path) -> None:
    file = SimpleUploadedFile("x.csv", csv_list(tmp_path / "list.csv").read_bytes())
    answer = desk.post("/members/import/", {"file": file, "has_consent": "on", "consent_wording": ""})
    assert "Say which version" in answer.content.decode()
    assert not MemberList.objects.exists()
    row = hand_in(desk, tmp_path / "list.csv", consent_wording="2026-11")
    assert row.consent_wording == "", "a wording alone is no consent"


def test_a_list_that_stands_still_says_so_and_is_carried_on(desk: Client, tmp_path: Path) -> None:
    row = hand_in(desk, csv_list(tmp_path / "list.csv"))
    MemberList.objects.update(moved_at=row.moved_at - lists.STALLED_AFTER * 2)
    path = reverse("member_list", args=[row.pk])
    assert "Nothing has moved for two minutes" in page(desk, path)
    desk.post(f"{path}carry-on/")
    assert "Nothing has moved" not in page(desk, path)


def test_a_list_can_be_discarded(desk: Client, tmp_path: Path) -> None:
    row = hand_in(desk, csv_list(tmp_path / "list.csv"))
    desk.post(reverse("discard_member_list", args=[row.pk]))
    row.refresh_from_db()
    assert (row.state, row.file) == ("discarded", "")
    assert "This list was discarded" in page(desk, reverse("member_list", args=[row.pk]))


def test_bad_rows_that_are_gone_are_not_offered(desk: Client, tmp_path: Path) -> None:
    row = hand_in(desk, csv_list(tmp_path / "list.csv", [BAD]))
    lists.work_on_list.func(row.pk)
    BadListRow.objects.all().delete()
    assert desk.get(reverse("member_list_bad_rows", args=[row.pk])).status_code == 403


def test_the_command_takes_a_list_in_and_names_bad_lines(tmp_path: Path) -> None:
    path = csv_list(tmp_path / "list.csv", [HANEUL, BAD, BORA])
    rehearsal = run("member", "import", str(path), "--vouched", "--dry-run", data=tmp_path / "data")
    assert rehearsal.returncode == 1
    assert "Line 3: There is no name." in rehearsal.stderr
    assert "Would be 2 new" in rehearsal.stderr
    taken = run("member", "import", str(path), "--vouched", data=tmp_path / "data")
    assert "Taken in: 2 new" in taken.stderr
    again = run("member", "import", str(path), "--vouched", data=tmp_path / "data")
    assert "0 new, 0 changed, 2 unchanged; 1 bad" in again.stderr
    for one in (rehearsal, taken, again):
        assert "nobody" not in one.stderr
        assert "kim@" not in one.stderr


def test_the_command_refuses_what_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for arguments in (("x.csv",), ("absent.csv",)):
        answer = run("member", "import", str(tmp_path / arguments[0]), data=tmp_path / "data")
        assert (answer.returncode, "Traceback" in answer.stderr) == (2, False)


def test_the_command_adds_a_member_with_a_phone_alone(tmp_path: Path) -> None:
    added = run("member", "add", "--phone", "010-9876-5432", "--name", "Sol", "--role", "member", data=tmp_path)
    assert added.returncode == 0
    bad = run("member", "add", "--phone", "02-123-4567", "--name", "Sol", "--role", "member", data=tmp_path)
    assert (bad.returncode, "not the number of a mobile phone" in bad.stderr) == (2, True)
    none = run("member", "add", "--name", "Sol", "--role", "member", data=tmp_path)
    assert none.returncode == 2
