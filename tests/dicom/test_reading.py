import io
import random
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.dicom_json import to_dicom_json
from firstlight.dicom.frames import locate_frames
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import Unreadable
from firstlight.dicom.structure import REASONS
from tests.phantoms import as_bytes, identified_ct, identified_radiograph

KEY = SiteKey.from_bytes(b"0123456789abcdef")
PROFILE = Profile.load()
CT = as_bytes(identified_ct(size=4))
IMPLICIT = as_bytes(identified_ct(size=4, transfer_syntax_uid="1.2.840.10008.1.2"))


def refusal(data):
    with pytest.raises(Unreadable) as refused:
        read_instance(data)
    return refused.value.reason


def test_reads_from_bytes_a_file_and_a_stream(tmp_path):
    path = tmp_path / "any name"
    path.write_bytes(CT)
    for source in (CT, path, io.BytesIO(CT)):
        assert read_instance(source).PatientID == "19283746"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-dicom"),
        (b"PK\3\4" + b"\0" * 500, "not-dicom"),
        (CT[132:], "not-dicom"),
        (CT[:-1], "truncated"),
        (CT[: len(CT) - 40], "truncated"),
        (CT[:999], "truncated"),
        (CT + b"trailing", "damaged"),
        (b"\0" * 128 + b"DICM" + b"\0" * 16, "no-transfer-syntax"),
    ],
)
def test_refuses_what_is_not_whole(data, reason):
    assert refusal(data) == reason


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("SOPClassUID", "no-sop-class"),
        ("SOPInstanceUID", "no-sop-instance"),
        ("StudyInstanceUID", "no-study"),
        ("SeriesInstanceUID", "no-series"),
    ],
)
@pytest.mark.parametrize("value", [b"", b"1.2.3a ", b"1..2", b"1.2.04 ", b"1." + b"1" * 68])
def test_refuses_objects_without_valid_uids(keyword, reason, value):
    dataset = identified_ct(size=4)
    whole = as_bytes(dataset)
    uid = getattr(dataset, keyword).encode()
    padded = uid + b"\0" * (len(uid) % 2)
    tag = dataset[keyword].tag
    head = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little") + b"UI"
    old = head + len(padded).to_bytes(2, "little") + padded
    value += b"\0" * (len(value) % 2)
    assert old in whole
    assert refusal(whole.replace(old, head + len(value).to_bytes(2, "little") + value)) == reason


def test_trailing_zeros_are_padding():
    assert read_instance(CT + b"\0" * 512).Rows == 4


def test_refuses_a_sequence_nested_without_end():
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff"
    assert refusal(CT + b"\xfe\x7f\x10\x10SQ\0\0\xff\xff\xff\xff" + item * 5000) in ("damaged", "truncated")


def test_refuses_a_length_that_lies_without_asking_for_memory():
    assert refusal(CT + b"\xfe\x7f\x10\x10OB\0\0\xf0\xff\xff\xff") == "truncated"


def test_refuses_a_bomb_in_a_deflated_file():
    head = bytearray(as_bytes(identified_ct(size=4, transfer_syntax_uid="1.2.840.10008.1.2.1.99")))
    start = 132 + 12 + int.from_bytes(head[140:144], "little")
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = squeeze.compress(b"\0" * (1 << 26)) + squeeze.flush()
    assert refusal(bytes(head[:start]) + block) == "damaged"
    assert refusal(bytes(head[:start]) + block[:-20]) == "truncated"


def test_refuses_a_number_that_is_none():
    assert refusal(CT.replace(b"\x18\x00\x60\x00DS\x04\x00120 ", b"\x18\x00\x60\x00DS\x04\x00no! ")) == "damaged"


def test_no_message_holds_a_value():
    assert all(name.isascii() and len(name) < 80 for name in REASONS.values())
    with pytest.raises(Unreadable) as refused:
        read_instance(CT[:-3])
    assert "Hong" not in repr(refused.value)
    assert "Hong" not in str(refused.value)


def mutated(data: bytes, seed: int, changes: int) -> bytes:
    chance = random.Random(seed)
    result = bytearray(data)
    for _ in range(changes):
        place = chance.randrange(132, len(result))
        kind = chance.randrange(4)
        if kind == 0:
            result[place] = chance.randrange(256)
        elif kind == 1:
            del result[place : place + chance.randrange(1, 20)]
        elif kind == 2:
            result[place:place] = result[chance.randrange(len(result)) :][: chance.randrange(1, 40)]
        else:
            result[place : place + 4] = chance.choice(
                [b"\xff" * 4, b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0", b"\0" * 4]
            )
    return bytes(result)


@pytest.mark.filterwarnings("ignore:Failed to decode byte string:UserWarning")
@pytest.mark.filterwarnings("ignore:Found unknown escape sequence:UserWarning")
@settings(max_examples=600, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([CT, IMPLICIT]), st.integers(0, 2**32), st.integers(1, 6))
def test_whatever_the_bytes_a_file_is_read_or_refused(data, seed, changes):
    broken = mutated(data, seed, changes)
    outcome = deidentify_bytes(broken, profile=PROFILE, key=KEY)
    assert outcome.status in ("done", "refused")
    try:
        dataset = read_instance(broken)
    except Unreadable as error:
        assert error.reason in REASONS
        return
    to_dicom_json(dataset)
    locate_frames(broken) if "PixelData" in dataset else None
    for element in dataset.iterall():
        assert element.tag is not None


@settings(max_examples=200, deadline=2000)
@given(st.binary(max_size=400))
def test_any_bytes_after_the_prefix_are_refused(tail):
    with pytest.raises(Unreadable):
        read_instance(b"\0" * 128 + b"DICM" + tail)


def test_every_difficult_file_is_read_or_refused(shared_data):
    reasons = set()
    for path in sorted((shared_data / "difficult_dicom").rglob("*")):
        if not path.is_file():
            continue
        try:
            dataset = read_instance(path)
        except Unreadable as error:
            reasons.add(error.reason)
        else:
            to_dicom_json(dataset)
            for _ in dataset.iterall():
                pass
    assert {"not-dicom", "truncated", "dicomdir", "no-transfer-syntax", "no-study"} <= reasons


def test_a_radiograph_reads(tmp_path):
    assert read_instance(as_bytes(identified_radiograph())).Modality == "CR"
