import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.dicom_json import to_dicom_json
from tests.phantoms import HONG, as_bytes, identified_ct


def written(dataset, **given_):
    return json.loads(json.dumps(to_dicom_json(dataset, **given_), allow_nan=False))


def test_agrees_with_pydicom_on_good_values():
    dataset = read_instance(as_bytes(identified_ct()))
    ours = written(dataset)
    theirs = json.loads(dataset.to_json(suppress_invalid_tags=True, bulk_data_element_handler=lambda _: "x"))
    for tag, attribute in theirs.items():
        if attribute["vr"] not in ("OW", "OB", "SQ"):
            assert ours[tag] == attribute, tag


def test_people_have_their_three_groups():
    value = written(read_instance(as_bytes(identified_ct())))["00100010"]["Value"]
    assert value == [dict(zip(("Alphabetic", "Ideographic", "Phonetic"), HONG.name.split("="), strict=True))]


def test_bulk_data_is_referenced_by_its_place():
    dataset = read_instance(as_bytes(identified_ct()))
    item = Dataset()
    item.add_new(0x00091010, "OB", b"x" * 2000)
    item.add_new(0x00091011, "OB", b"abc ")
    dataset.ReferencedImageSequence = [item]
    result = written(dataset, bulk_data_uri="/bulk")
    assert result["7FE00010"] == {"vr": "OW", "BulkDataURI": "/bulk/7FE00010"}
    [inner] = result["00081140"]["Value"]
    assert inner["00091010"]["BulkDataURI"] == "/bulk/00081140/1/00091010"
    assert inner["00091011"]["InlineBinary"] == "YWJjIA=="
    assert "BulkDataURI" not in written(dataset)["7FE00010"]


def test_group_lengths_go_and_the_transfer_syntax_is_told():
    dataset = read_instance(as_bytes(identified_ct()))
    dataset.add_new(0x00080000, "UL", 7)
    result = written(dataset)
    assert "00080000" not in result
    assert result["00083002"] == {"vr": "UI", "Value": ["1.2.840.10008.1.2.1"]}
    assert [*result] == sorted(result)


def test_values_that_are_no_numbers():
    dataset = Dataset()
    dataset.add_new(0x00189306, "FD", [math.nan, math.inf, -math.inf, 0.5])
    raw = as_bytes(identified_ct()).replace(b"DS\x04\x00120 ", b"DS\x04\x00\\120")
    assert written(dataset)["00189306"]["Value"] == ["NaN", "inf", "-inf", 0.5]
    assert written(read_instance(raw))["00180060"]["Value"] == [None, 120.0]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["DS", "IS", "PN", "LO", "AT", "FD", "US", "UI", "TM", "LT"]), st.binary(max_size=40))
def test_any_bytes_give_valid_json(vr, value):
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import BaseTag

    raw = RawDataElement(BaseTag(0x00189306), vr, len(value), value, 0, False, True)
    assert written(Dataset({BaseTag(0x00189306): raw}))["00189306"]["vr"] == vr
