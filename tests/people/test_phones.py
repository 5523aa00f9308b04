"""Telephone numbers as people and spreadsheets write them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firstlight.people.rules.phones import BadPhone, PhoneFault, masked, national, read_phone

WRITINGS = [
    "010-1234-5678",
    "01012345678",
    "010 1234 5678",
    "010.1234.5678",
    "010–1234–5678",
    "(010) 1234-5678",
    "+82 10-1234-5678",
    "+821012345678",
    "+82 (0)10-1234-5678",
    "+82 010 1234 5678",
    "(+82) 10-1234-5678",
    "82-10-1234-5678",
    "0082-10-1234-5678",
    "008210-1234-5678",
    "０１０－１２３４－５６７８",
    "＋８２　１０　１２３４　５６７８",
    "1012345678",  # a spreadsheet ate the zero
    "1012345678.0",  # and made a fraction of it
    "'01012345678",
    "  010-1234-5678\n",
    "\u202a010-1234-5678\u202c",  # as copied from an address book
]

FAULTS = {
    "": PhoneFault.EMPTY,
    " \u3000\t": PhoneFault.EMPTY,
    "없음": PhoneFault.NOT_A_NUMBER,
    "-": PhoneFault.NOT_A_NUMBER,
    "010-1234-567x": PhoneFault.LETTERS,
    "010-1234-5678 (자택)": PhoneFault.LETTERS,
    "1.01235E+09": PhoneFault.LETTERS,
    "010-1234-5678 / 010-8765-4321": PhoneFault.SEVERAL,
    "010-1234-5678,010-8765-4321": PhoneFault.SEVERAL,
    "01012345678\n01087654321": PhoneFault.SEVERAL,
    "010-1234-5678 #12": PhoneFault.EXTENSION,
    "+999 1234 5678": PhoneFault.UNKNOWN_COUNTRY,
    "12": PhoneFault.TOO_SHORT,
    "119": PhoneFault.TOO_SHORT,
    "010-1234-567": PhoneFault.TOO_SHORT,
    "010-1234-56789": PhoneFault.TOO_LONG,
    "01012345678 01087654321": PhoneFault.TOO_LONG,
    "9" * 400: PhoneFault.TOO_LONG,
    "013-1234-5678": PhoneFault.NOT_ASSIGNED,
    "02-719-7979": PhoneFault.NOT_MOBILE,
    "043-719-7979": PhoneFault.NOT_MOBILE,
    "070-1234-5678": PhoneFault.NOT_MOBILE,
    "1588-0000": PhoneFault.NOT_MOBILE,
    "080-123-4567": PhoneFault.NOT_MOBILE,
}


@pytest.mark.parametrize("text", WRITINGS)
def test_korean_writings(text: str) -> None:
    assert read_phone(text, region="KR") == "+821012345678"


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+81 90-1234-5678", "KR", "+819012345678"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("+1 (202) 555-0123", "KR", "+12025550123"),  # fixed or mobile: nobody can tell
        ("07400 123456", "GB", "+447400123456"),
        ("0171/1234567", "DE", "+491711234567"),
        ("011-123-4567", "KR", "+82111234567"),
    ],
)
def test_other_numbers(text: str, region: str, e164: str) -> None:
    assert read_phone(text, region=region) == e164


@pytest.mark.parametrize(
    ("text", "fault"), FAULTS.items(), ids=[fault + str(i) for i, fault in enumerate(FAULTS.values())]
)
def test_faults_are_told_without_the_number(text: str, fault: PhoneFault) -> None:
    with pytest.raises(BadPhone) as caught:
        read_phone(text, region="KR")
    assert caught.value.fault == fault
    assert str(caught.value).endswith(".")
    assert not any(char.isdigit() for char in str(caught.value))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_every_fault_has_its_own_sentence() -> None:
    assert len({str(BadPhone(fault)) for fault in PhoneFault}) == len(PhoneFault)


def test_national_digits_for_korean_gateways() -> None:
    assert national("+821012345678", "KR") == "01012345678"
    with pytest.raises(BadPhone) as caught:
        national("+819012345678", "KR")
    assert caught.value.fault == PhoneFault.ABROAD


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+821012345678", "+82 10-••••-5678"),
        ("+82111234567", "+82 1•-•••-4567"),
        ("+12025550123", "+1 20•-•••-0123"),
        ("+447400123456", "+44 74•• ••3456"),
        ("+6581234567", "+65 •••• 4567"),
        ("+8613812345678", "+86 13• •••• 5678"),
        ("+290123", "+290 •••"),
        ("", "••••"),
        ("no number", "••••"),
    ],
)
def test_masked(e164: str, shown: str) -> None:
    assert masked(e164) == shown


@given(digits=st.integers(min_value=0, max_value=10**8 - 1))
@example(digits=59_990_000)  # a block the library believes unused
def test_korean_mobiles_survive_every_way_there_and_back(digits: int) -> None:
    dialled = f"010{digits:08}"
    e164 = read_phone(dialled, region="KR")
    assert e164 == f"+8210{digits:08}"
    assert national(e164, "KR") == dialled
    assert read_phone(national(e164, "KR"), region="KR") == e164
    assert masked(e164) == f"+82 10-••••-{digits % 10_000:04}"


@given(text=st.text(alphabet=st.characters(), max_size=60) | st.text(alphabet="0123456789+-() #;,.x", max_size=40))
def test_any_text_is_a_number_or_a_fault(text: str) -> None:
    try:
        e164 = read_phone(text, region="KR")
    except BadPhone as fault:
        assert fault.fault in PhoneFault
    else:
        assert e164.startswith("+")
        assert read_phone(e164, region="KR") == e164
    assert masked(text).count("•") >= 1
