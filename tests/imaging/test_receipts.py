"""Receipts as the server takes them: whose key signed, what is refused and why, its own second look."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from firstlight.audit.models import Entry
from firstlight.dicom.datasets import read_instance
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.receipts import FORMER_SCHEMA, Receipt, canonical, fault_of, in_base64url
from firstlight.imaging.actions import Outcome, receive
from firstlight.imaging.models import Covered, Held, SigningKey, Study
from firstlight.imaging.models import Receipt as Kept
from firstlight.imaging.receipts import revoke_key, take_receipt
from firstlight.people.models import Institution, Member
from firstlight.signing import is_genuine, signer_of
from tests.cast import DAWN, Cast
from tests.phantoms import as_bytes
from tests.shipments import KEY, ct, receipt_for

OTHER = SiteKey.from_bytes(b"the key of another hospital of the tests")
NOON = DAWN + timedelta(hours=3)


def signed(receipt: Receipt, key: SiteKey = KEY) -> Receipt:
    """A receipt signed anew, as if its site had written it so."""
    changed = {**receipt, "signed_by": in_base64url(signer_of(key).public_key)}
    return {**changed, "signature": in_base64url(signer_of(key).sign(canonical(changed)))}


def at_hospital(member: Member, slug: str) -> Member:
    member.institution, _ = Institution.objects.get_or_create(slug=slug, defaults={"name_ko": slug, "name_en": slug})
    member.save()
    return member


def send(cast: Cast, contents: list[bytes]) -> list[Outcome]:
    return list(receive(contents, outbreak=cast.outbreak, by=cast.maru, at=DAWN, requires_receipt=True))


def code_of(raised: "pytest.ExceptionInfo[ValidationError]") -> str:
    return str(raised.value.code)


def test_a_key_is_trusted_on_first_use_and_from_then_on_its_institution_s_alone(cast: Cast) -> None:
    one, two, three, four = ct(4)
    maru, haneul, bora = (at_hospital(cast.maru, "a"), at_hospital(cast.haneul, "a"), at_hospital(cast.bora, "b"))
    take_receipt(receipt_for([one]), by=maru, at=DAWN)
    take_receipt(receipt_for([two]), by=haneul, at=NOON)
    key = SigningKey.objects.get()
    assert (key.registered_by, key.institution, key.registered_at) == (maru, maru.institution, DAWN)
    with pytest.raises(ValidationError, match="another site") as raised:
        take_receipt(receipt_for([three]), by=bora, at=NOON)
    assert code_of(raised) == "receipt-key-elsewhere"
    take_receipt(receipt_for([four]), by=cast.ara, at=NOON)
    assert Kept.objects.count() == 3


def test_a_second_key_of_an_institution_is_taken_noted_and_shown_to_administrators(cast: Cast, client: Client) -> None:
    one, two = ct(2)
    maru = at_hospital(cast.maru, "a")
    take_receipt(receipt_for([one]), by=maru, at=DAWN)
    take_receipt(receipt_for([two], key=OTHER), by=maru, at=NOON)
    entries = Entry.objects.filter(verb="signing_key.registered").order_by("at")
    assert [each.details["further"] for each in entries] == [False, True]
    client.force_login(cast.ara)
    assert client.get("/signing-keys/").content.decode().count("One of several of this institution") == 2
    client.force_login(cast.maru)
    assert client.get("/signing-keys/").status_code == 403


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schema": FORMER_SCHEMA}, "receipt-schema"),
        ({"scan": {"texts": 1, "found": 2}}, "receipt-scan"),
        ({"instances": []}, "receipt-instances"),
        ({"actions": [{"tag": "x"}]}, "receipt-actions"),
        ({"options": [{"code": "113106", "meaning": "Retain Longitudinal Temporal Information Full Dates Option"},
                      {"code": "113107", "meaning": "Retain Longitudinal Temporal Information Modified Dates Option"}]},
         "receipt-profile-options"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_though_it_is_signed(cast: Cast, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        take_receipt(signed({**receipt_for(ct(1)), **changes}), by=cast.maru, at=DAWN)
    assert code_of(raised) == code
    assert not SigningKey.objects.exists()


def test_what_was_changed_after_it_was_signed_is_refused(cast: Cast, client: Client) -> None:
    document = {**receipt_for(ct(1)), "refused": {"conflict": 1}}
    headers = {"Authorization": f"Bearer {cast.token(cast.maru)}"}
    answer = client.post("/api/receipts", json.dumps(document), content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert "does not verify" in answer.json()["detail"]
    assert not Kept.objects.exists()


def test_a_revoked_key_covers_nothing_that_is_not_stored_yet(cast: Cast) -> None:
    one, two, three = ct(3)
    take_receipt(receipt_for([one, two]), by=cast.maru, at=DAWN)
    assert [each.status for each in send(cast, [one])] == ["stored"]
    key = SigningKey.objects.get()
    with pytest.raises(PermissionDenied):
        revoke_key(key, why="lost", by=cast.maru, at=NOON)
    revoke_key(key, why="The PC was stolen", by=cast.ara, at=NOON)
    assert [(each.status, each.reason) for each in send(cast, [one, two])] == [
        ("unchanged", ""), ("held", "key-revoked")]  # fmt: skip
    for again in (receipt_for([one, two]), receipt_for([three])):
        with pytest.raises(ValidationError) as raised:
            take_receipt(again, by=cast.maru, at=NOON)
        assert code_of(raised) == "receipt-key-revoked"
    with pytest.raises(ValidationError):
        revoke_key(key, why="again", by=cast.ara, at=NOON)


def test_an_administrator_revokes_a_key_on_its_page(cast: Cast, client: Client) -> None:
    take_receipt(receipt_for(ct(1)), by=cast.maru, at=DAWN)
    number = SigningKey.objects.get().pk
    client.force_login(cast.maru)
    assert client.post(f"/signing-keys/{number}/revoke/", {"why": "x"}).status_code == 403
    client.force_login(cast.ara)
    client.post(f"/signing-keys/{number}/revoke/", {"why": ""})
    assert SigningKey.objects.get().revoked_at is None
    answer = client.post(f"/signing-keys/{number}/revoke/", {"why": "The PC was stolen"}, follow=True)
    assert "The PC was stolen" in answer.content.decode()
    assert SigningKey.objects.get().revoked_by == cast.ara


def test_other_content_under_a_covered_uid_is_a_conflict_once_stored_or_from_another_key(cast: Cast) -> None:
    [content] = ct(1)
    other = content[:-2] + bytes([content[-2] ^ 1, content[-1]])
    take_receipt(receipt_for([content]), by=cast.maru, at=DAWN)
    with pytest.raises(ValidationError, match="other content") as raised:
        take_receipt(receipt_for([other], key=OTHER), by=cast.maru, at=NOON)
    assert code_of(raised) == "receipt-conflict"
    take_receipt(receipt_for([other]), by=cast.maru, at=NOON)
    assert [each.status for each in send(cast, [other])] == ["stored"]
    third = content[:-2] + bytes([content[-2] ^ 2, content[-1]])
    with pytest.raises(ValidationError, match="other content"):
        take_receipt(receipt_for([third]), by=cast.maru, at=NOON)


def test_what_the_server_s_own_look_finds_beyond_the_receipt_is_held(cast: Cast, client: Client) -> None:
    dataset = read_instance(ct(1)[0])
    dataset.InstitutionName = "Gaonnuri"
    named = read_instance(ct(2)[0])
    named.PatientName = "Hong^Gildong"
    contents = [as_bytes(dataset), as_bytes(named)]
    take_receipt(receipt_for(contents), by=cast.maru, at=DAWN)
    assert Counter(each.reason for each in send(cast, contents)) == {"scan-differs": 2}
    assert sorted(Held.objects.values_list("tags", flat=True)) == [["00080080"], ["patient-name"]]
    assert all(Held.objects.values_list("kept", flat=True))
    client.force_login(cast.maru)
    page = client.get("/quarantine/").content.decode()
    assert "second look found more" in page
    assert "00080080" in page


def test_a_receipt_that_lists_the_bytes_under_another_uid_covers_nothing(cast: Cast) -> None:
    one, two = ct(2)
    document = receipt_for([one])
    document["instances"][0]["sop_instance_uid"] = str(read_instance(two).SOPInstanceUID)
    take_receipt(signed(document), by=cast.maru, at=DAWN)
    assert [each.reason for each in send(cast, [one])] == ["receipt-differs"]


def test_where_no_receipt_is_needed_the_server_signs_its_own(cast: Cast, client: Client) -> None:
    dataset = read_instance(ct(1)[0])
    dataset.InstitutionName = "Gaonnuri"
    contents = [as_bytes(dataset), *ct(3)[:2]]
    assert {each.status for each in receive(contents, outbreak=cast.outbreak, by=cast.ara, at=DAWN)} == {"stored"}
    kept = Kept.objects.get()
    assert fault_of(kept.document) == ""
    assert is_genuine(kept.document)
    assert kept.signing_key is not None and kept.signing_key.is_ours
    assert Covered.objects.count() == 3
    assert {each.status for each in receive(contents[1:], outbreak=cast.outbreak, by=cast.ara, at=NOON)} == {
        "unchanged"}  # fmt: skip
    assert Kept.objects.count() == 1
    with pytest.raises(ValidationError) as raised:
        take_receipt(kept.document, by=cast.ara, at=NOON)
    assert code_of(raised) == "receipt-server-key"
    client.force_login(cast.ara)
    assert "Signed by this server" in client.get(f"/studies/{kept.study_instance_uid}/receipt/").content.decode()


@pytest.mark.parametrize(("language", "word"), [("en", "Signature verified"), ("ko", "서명이 확인됨")])
def test_a_reader_sees_who_signed_and_can_verify_it_themselves(
    cast: Cast, client: Client, language: str, word: str
) -> None:
    contents = ct(2)
    document = receipt_for(contents)
    take_receipt(document, by=at_hospital(cast.maru, "gaon"), at=DAWN)
    send(cast, contents)
    study = Study.objects.get()
    study.public_since = DAWN.replace(year=2020)
    study.save()
    address = f"/studies/{study.study_instance_uid}/receipt"
    page = client.get(f"{address}/", headers={"Accept-Language": language}).content.decode()
    assert word in page
    assert SigningKey.objects.get().fingerprint in page
    assert "gaon" not in page, "which site it was is for those who look after the images"
    client.force_login(cast.maru)
    assert "gaon" in client.get(f"{address}/").content.decode()
    [downloaded] = client.get(f"{address}.json").json()
    assert is_genuine(downloaded)
    assert downloaded == document


def test_a_receipt_of_the_former_form_stays_readable(cast: Cast, client: Client) -> None:
    contents = ct(1)
    former = {**receipt_for(contents), "schema": FORMER_SCHEMA, "seal": "0" * 64}
    for name in ("scan", "signed_by", "signature"):
        del former[name]
    former["instances"] = [{name: each[name] for name in ("sop_instance_uid", "sha256")}
                           for each in former["instances"]]  # fmt: skip
    kept = Kept.objects.create(
        digest="0" * 64, study_instance_uid=former["study_instance_uid"], document=former, received_at=DAWN
    )
    Covered.objects.create(receipt=kept, **former["instances"][0])
    assert [each.status for each in send(cast, contents)] == ["stored"]
    client.force_login(cast.ara)
    page = client.get(f"/studies/{kept.study_instance_uid}/receipt/").content.decode()
    assert "Not signed" in page
    assert "2025-1" in page or former["profile"] in page
