import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import (
    FORMER_SCHEMA,
    Listed,
    build_receipt,
    canonical,
    describe,
    dump_receipt,
    fault_of,
    from_base64url,
    in_base64url,
    load_receipt,
)
from firstlight.signing import is_genuine, signer_of

KEY = SiteKey.from_bytes(b"the key of the receipts' tests")
COUNTS = {(0x00100010, "D", "A name is a pseudonym."): 2, (0x00080020, "S", "Places it on the calendar."): 2}


def receipt(**changes: Any) -> dict[str, Any]:
    """A receipt over two instances, signed, with anything changed before it was signed."""
    made = build_receipt(
        study_instance_uid="2.25.1",
        profile=Profile.load(),
        signer=signer_of(KEY),
        instances=[Listed("2.25.3", "b" * 64, "covered"), Listed("2.25.2", "a" * 64, "not looked")],
        counts=COUNTS,
        refused={"doubtful-pixels": 1},
        texts=40,
    )
    made |= changes
    return {**made, "signature": in_base64url(signer_of(KEY).sign(canonical(made)))}


def test_a_receipt_says_what_was_done_and_is_the_same_every_time():
    one = receipt()
    assert fault_of(one) == ""
    assert is_genuine(one)
    assert one == receipt()
    assert one["schema"] == "firstlight-receipt/2"
    assert [each["sop_instance_uid"] for each in one["instances"]] == ["2.25.2", "2.25.3"]
    assert one["scan"] == {"texts": 40, "found": 0}
    assert load_receipt(dump_receipt(one)) == one


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_person_can_read_it(language):
    text = describe(receipt(), language)
    assert ("found and covered × 1" if language == "en" else "찾아서 가림 × 1") in text
    assert receipt()["signed_by"] in text


def test_a_receipt_of_the_former_schema_can_still_be_read():
    former = {"schema": FORMER_SCHEMA, "study_instance_uid": "2.25.1", "profile": "2025-1", "options": [],
              "instances": [], "refused": {}, "actions": [], "seal": "0" * 64}  # fmt: skip
    assert "2.25.1" in describe(load_receipt(json.dumps(former)))
    assert fault_of(former) == "receipt-schema"
    assert not is_genuine(former)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"study_instance_uid": "2.25.1\n"}, "receipt-study_instance_uid"),
        ({"study_instance_uid": 5}, "receipt-study_instance_uid"),
        ({"profile": "2025-1 for 19850101"}, "receipt-profile"),
        ({"options": [{"code": "113100", "meaning": "Something else"}]}, "receipt-options"),
        ({"options": [{"code": [], "meaning": None}]}, "receipt-options"),
        ({"longitudinal_dates": "SHIFTED"}, "receipt-longitudinal_dates"),
        ({"instances": []}, "receipt-instances"),
        ({"instances": [{"sop_instance_uid": "2.25.2", "sha256": "A" * 64, "pixels": "clear"}]}, "receipt-instances"),
        ({"instances": [{"sop_instance_uid": "2.25.2", "sha256": "a" * 64, "pixels": "fine"}]}, "receipt-instances"),
        ({"instances": [{"sop_instance_uid": "2.25.2", "sha256": "a" * 64, "pixels": "clear"}] * 2},
         "receipt-instances"),
        ({"instances": [["2.25.2"]]}, "receipt-instances"),
        ({"refused": {"Hong^Gildong": 1}}, "receipt-refused"),
        ({"refused": {"conflict": -1}}, "receipt-refused"),
        ({"actions": []}, "receipt-actions"),
        ({"actions": [{"tag": "(0010,0010)", "keyword": "PatientName", "action": "D", "count": 0, "reason": "x"}]},
         "receipt-actions"),
        ({"actions": [{"tag": "(0010,0010)", "keyword": "PatientName", "action": "D", "count": True, "reason": "x"}]},
         "receipt-actions"),
        ({"actions": [{"tag": "(0010,0010)", "keyword": "PatientName", "action": [], "count": 1, "reason": "x"}]},
         "receipt-actions"),
        ({"scan": {"texts": 40, "found": 1}}, "receipt-scan"),
        ({"scan": {"texts": 40}}, "receipt-scan"),
        ({"signed_by": "short"}, "receipt-signed_by"),
        ({"comment": "Hong"}, "receipt-more"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_named(changes, fault):
    assert fault_of(receipt(**changes)) == fault


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(ANYTHING, st.sampled_from(sorted(receipt())))
def test_anything_at_all_is_judged_and_never_an_error(value, name):
    changed = {**receipt(), name: value}
    assert isinstance(fault_of(changed), str)
    assert is_genuine(changed) == (value == receipt()[name])


@given(st.integers(0, 511))
def test_no_bit_of_a_signature_can_change(bit):
    one = receipt()
    signature = bytearray(from_base64url(one["signature"], 64) or b"")
    signature[bit // 8] ^= 1 << bit % 8
    assert not is_genuine({**one, "signature": in_base64url(bytes(signature))})


def test_another_key_s_signature_is_not_this_one_s():
    other = signer_of(SiteKey.from_bytes(b"the key of another hospital"))
    one = receipt()
    assert not is_genuine({**one, "signed_by": in_base64url(other.public_key)})
    assert is_genuine(receipt(signed_by=one["signed_by"]))


def test_base64url_has_one_way_to_write_a_key():
    written = in_base64url(bytes(32))
    assert from_base64url(written, 32) == bytes(32)
    assert from_base64url(written[:-1] + "B", 32) is None
    assert from_base64url(written + "=", 32) is None
