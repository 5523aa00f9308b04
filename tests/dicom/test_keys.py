import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.dicom.keys import SiteKey
from firstlight.dicom.values import valid_uid

KEY = SiteKey.from_bytes(b"0123456789abcdef")
OTHER = SiteKey.from_bytes(b"0123456789abcdeg")
WORDS = st.text(max_size=64)


@given(WORDS)
def test_everything_derived_is_valid_repeatable_and_keyed(patient_id):
    pseudonym = KEY.pseudonym(patient_id)
    assert pseudonym == KEY.pseudonym(patient_id)
    assert len(pseudonym) == 15
    assert pseudonym != OTHER.pseudonym(patient_id)
    assert -3652 <= KEY.shift_days(pseudonym) <= -1


@given(st.from_regex(r"\A[12]\.[1-9]\d{0,8}(\.[1-9]\d{0,8}){1,5}\Z"))
def test_uids_are_valid_and_not_the_original(original):
    assert valid_uid(KEY.uid(original))
    assert KEY.uid(original).startswith("2.25.")
    assert KEY.uid(original) != OTHER.uid(original)


def test_domains_are_apart():
    assert KEY.pseudonym("1.2.3")[3:] != KEY.pseudonym_of_study("1.2.3")[3:]
    assert KEY.signing_seed() != OTHER.signing_seed()


def test_a_short_secret_is_refused_and_never_shown(tmp_path):
    short = tmp_path / "key"
    short.write_bytes(b"0123456789abcde\n")
    with pytest.raises(ValueError, match="at least 16 bytes") as refused:
        SiteKey.from_file(short)
    assert "0123456789" not in str(refused.value)
    assert "0123" not in repr(KEY) + str(KEY)


def test_a_line_end_in_the_file_does_not_matter(tmp_path):
    file = tmp_path / "key"
    for ending in (b"", b"\n", b"\r\n"):
        file.write_bytes(b"0123456789abcdef" + ending)
        assert SiteKey.from_file(file) == KEY
