import json
import re
from pathlib import Path

import pytest

from firstlight.dicom import cleaning, deidentify, pixel_bytes, private, profile
from firstlight.dicom.contribution import Contribution
from firstlight.dicom.deidentify import SENTENCES, deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile, read_data
from firstlight.dicom.receipts import fault_of, in_base64url
from firstlight.signing import is_genuine, signer_of
from tests.phantoms import as_bytes, identified_ct

SECRET = b"0123456789abcdef"
SIGNER = signer_of(SiteKey.from_bytes(SECRET))
SIGNED_BY = in_base64url(SIGNER.public_key)
REASONS_OF_THE_PAGE = Path(__file__).parents[2] / "viewer/src/deidentify/reasons.ts"


def test_a_worker_makes_the_very_same_bytes():
    data = as_bytes(identified_ct())
    answer = Contribution(SECRET).clean(data)
    outcome = deidentify_bytes(data, profile=Profile.load(), key=SiteKey.from_bytes(SECRET))
    assert answer["content"] == outcome.content
    assert answer["sha256"] == outcome.sha256
    assert answer["removed"] > 10
    assert answer["changed"] > 5


def test_each_receipt_covers_what_came_since_the_last_one():
    contribution = Contribution(SECRET)
    first, second, third = (contribution.clean(as_bytes(identified_ct(number))) for number in (1, 2, 3))
    study = first["study_instance_uid"]
    text = contribution.receipt(study, SIGNED_BY)
    covered = {**json.loads(text), "signature": in_base64url(SIGNER.sign(text.encode()))}
    assert fault_of(covered) == ""
    assert is_genuine(covered)
    digests = {row["sop_instance_uid"]: row["sha256"] for row in covered["instances"]}
    assert digests == {each["sop_instance_uid"]: each["sha256"] for each in (first, second, third)}
    assert contribution.receipt(study, SIGNED_BY) == ""
    fourth = contribution.clean(as_bytes(identified_ct(4)))
    assert [row["sha256"] for row in json.loads(contribution.receipt(study, SIGNED_BY))["instances"]] == [
        fourth["sha256"]
    ]


def test_what_is_refused_is_counted_but_never_listed():
    contribution = Contribution(SECRET)
    refused = contribution.clean(as_bytes(identified_ct(1, BurnedInAnnotation="YES")))
    assert (refused["status"], refused["reason"], refused["content"]) == ("refused", "burned-in-annotation", None)
    assert contribution.receipt(refused["study_instance_uid"], SIGNED_BY) == ""
    done = contribution.clean(as_bytes(identified_ct(2)))
    receipt = json.loads(contribution.receipt(done["study_instance_uid"], SIGNED_BY))
    assert len(receipt["instances"]) == 1
    assert receipt["refused"] == {"burned-in-annotation": 1}


def test_the_same_instance_again_changes_nothing_and_another_one_under_its_uid_is_refused():
    contribution = Contribution(SECRET)
    data = as_bytes(identified_ct(1))
    first, again = contribution.clean(data), contribution.clean(data)
    other = contribution.clean(as_bytes(identified_ct(1, Rows=1, Columns=1)))
    assert again == first
    assert (other["status"], other["reason"]) == ("refused", "conflict")
    receipt = json.loads(contribution.receipt(first["study_instance_uid"], SIGNED_BY))
    assert [row["sha256"] for row in receipt["instances"]] == [first["sha256"]]
    assert {row["count"] for row in receipt["actions"] if row["keyword"] == "PatientName"} == {1}


def test_a_bad_call_is_an_error():
    with pytest.raises(ValueError, match="16 bytes"):
        Contribution(b"short")
    with pytest.raises(ValueError, match="exclude"):
        Contribution(SECRET, '["113106", "113107"]')


def test_the_page_has_words_for_every_reason_a_file_may_be_kept_back():
    page = REASONS_OF_THE_PAGE.read_text("utf-8")
    kept_here = page[page.index("KEPT_HERE") : page.index("HELD_THERE")]
    known = {plain or quoted for plain, quoted in re.findall(r"^  (?:(\w+)|'([\w-]+)'): \[", kept_here, re.M)}
    assert set(SENTENCES) - known == set()


def test_the_page_has_korean_for_every_reason_an_element_may_change():
    page = REASONS_OF_THE_PAGE.read_text("utf-8")
    known = {single or double for single, double in re.findall(r"^  (?:'(.+?)'|\"(.+?)\"): '", page, re.M)}
    own = {
        value
        for module in (cleaning, deidentify, pixel_bytes, private, profile)
        for name, value in vars(module).items()
        if name.isupper() and " " in str(value) and str(value).endswith(".")
    }
    by_rule = {rule.reason for rule in Profile.load().rules.values() if rule.action != "K"}
    unlisted = {Profile.load().rule(tag).reason for tag in (0x00090010, 0x60003000, 0x00FE0001)}
    by_table = {row["reason"] for row in read_data("rows.json")["rows"]}
    assert own | by_rule | unlisted | by_table <= known


def test_workers_tell_each_other_whom_a_study_names():
    one, other = Contribution(SECRET), Contribution(SECRET)
    described = as_bytes(identified_ct(1, SeriesDescription="CHEST Carotid"))
    first = one.clean(described)
    other.clean(as_bytes(identified_ct(2, RequestingPhysician="Carotid^Kim")))
    study = first["study_instance_uid"]
    assert b"Carotid" in first["content"]
    assert one.to_clean_again(study) == []
    one.learn(study, other.gathered(study))
    other.learn(study, one.gathered(study))
    assert one.to_clean_again(study) == [first["sop_instance_uid"]]
    assert one.receipt(study, SIGNED_BY) == ""
    again = one.clean(described)
    assert again["status"] == "done"
    assert b"Carotid" not in again["content"]
    assert one.to_clean_again(study) == other.to_clean_again(study) == []
    [listed] = json.loads(one.receipt(study, SIGNED_BY))["instances"]
    assert listed["sha256"] == again["sha256"]
    assert one.receipt(study, SIGNED_BY) == ""


def test_an_instance_that_two_workers_cleaned_stands_under_one_receipt():
    one, other = Contribution(SECRET), Contribution(SECRET)
    data = as_bytes(identified_ct(1))
    first, twin = one.clean(data), other.clean(data)
    assert first["source"] == twin["source"] != one.clean(as_bytes(identified_ct(2)))["source"]
    other.forget(twin["study_instance_uid"], twin["sop_instance_uid"])
    assert other.receipt(twin["study_instance_uid"], SIGNED_BY) == ""
    assert len(json.loads(one.receipt(first["study_instance_uid"], SIGNED_BY))["instances"]) == 2


def test_what_is_done_says_where_it_belongs():
    done = Contribution(SECRET).clean(as_bytes(identified_ct(1)))
    refused = Contribution(SECRET).clean(as_bytes(identified_ct(1, BurnedInAnnotation="YES")))
    assert done["pseudonym"].encode() in done["content"]
    assert done["series_instance_uid"].encode() in done["content"]
    assert (refused["pseudonym"], refused["series_instance_uid"]) == ("", "")
