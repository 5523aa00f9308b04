"""Telephone numbers that can receive a text message, read from what people write."""

import re
import unicodedata
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult


class PhoneFault(StrEnum):
    """What is wrong with a telephone number, for pages to say in the reader's language."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    LETTERS = "letters"
    SEVERAL = "several"
    EXTENSION = "extension"
    UNKNOWN_COUNTRY = "unknown-country"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    NOT_ASSIGNED = "not-assigned"
    NOT_MOBILE = "not-mobile"
    ABROAD = "abroad"


_SENTENCES = {
    PhoneFault.EMPTY: "There is no phone number.",
    PhoneFault.NOT_A_NUMBER: "This is not a phone number.",
    PhoneFault.LETTERS: "A phone number has digits only; there are letters in this one.",
    PhoneFault.SEVERAL: "There is more than one phone number here.",
    PhoneFault.EXTENSION: "A number with an extension receives no text messages.",
    PhoneFault.UNKNOWN_COUNTRY: "The country code of this phone number is unknown.",
    PhoneFault.TOO_SHORT: "This phone number has too few digits.",
    PhoneFault.TOO_LONG: "This phone number has too many digits.",
    PhoneFault.NOT_ASSIGNED: "No phone has a number like this one.",
    PhoneFault.NOT_MOBILE: "This is not the number of a mobile phone.",
    PhoneFault.ABROAD: "This phone number belongs to another country than the carrier serves.",
}


class BadPhone(ValueError):
    """A telephone number that cannot be used; its sentence never holds the number."""

    def __init__(self, fault: PhoneFault) -> None:
        super().__init__(_SENTENCES[fault])
        self.fault = fault


def read_phone(text: str, *, region: str) -> str:
    """A number in any usual writing as E.164; `region` (ISO 3166) is where one without a country code is from.

    Raises BadPhone, also for a number that is surely not a mobile phone's.
    """
    number = _parse(_plain(text, region), region)
    _check_length(number)
    if not _is_korean_010(number):
        _check_kind(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def national(e164: str, region: str) -> str:
    """The digits of a number as dialled within `region`, as Korean gateways take them; raises BadPhone."""
    number = _parse(e164, region)
    if number.country_code != phonenumbers.country_code_for_region(region):
        raise BadPhone(PhoneFault.ABROAD)
    return re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def masked(e164: str) -> str:
    """A number as a page may show it: at least four digits hidden, of a short or unreadable one all."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return _HIDDEN * 4
    code = f"+{number.country_code}"
    written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return code + _masked_digits(written.removeprefix(code))


_RECEIVES_TEXTS = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
}  # North America does not tell them apart
_HIDDEN = "•"
_FEWEST_DIGITS = 7
_SPREADSHEET_FLOAT = re.compile(r"(\d+)\.0+")


def _plain(text: str, region: str) -> str:
    """The text without the habits of keyboards and spreadsheets; raises BadPhone where it is no single number."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise BadPhone(PhoneFault.EMPTY)
    if not any(char.isdigit() for char in plain):
        raise BadPhone(PhoneFault.NOT_A_NUMBER)
    if any(char.isalpha() for char in plain):
        raise BadPhone(PhoneFault.LETTERS)
    if sum(_digits(piece) >= _FEWEST_DIGITS for piece in re.split(r"[,;/|&\n]", plain)) > 1:
        raise BadPhone(PhoneFault.SEVERAL)
    if as_float := _SPREADSHEET_FLOAT.fullmatch(plain):
        plain = as_float[1]
    # 00 is the way out of most countries, but not of Korea, whose library rules do not know it.
    return re.sub(rf"^00(?={phonenumbers.country_code_for_region(region)}\D?[1-9])", "+", plain)


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


_PARSE_FAULTS = {
    NumberParseException.INVALID_COUNTRY_CODE: PhoneFault.UNKNOWN_COUNTRY,
    NumberParseException.TOO_SHORT_AFTER_IDD: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_LONG: PhoneFault.TOO_LONG,
}


def _parse(text: str, region: str) -> PhoneNumber:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise BadPhone(_PARSE_FAULTS.get(error.error_type, PhoneFault.NOT_A_NUMBER)) from None
    if number.extension:
        raise BadPhone(PhoneFault.EXTENSION)
    return number


_LENGTH_FAULTS = {
    ValidationResult.INVALID_COUNTRY_CODE: PhoneFault.UNKNOWN_COUNTRY,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: PhoneFault.TOO_SHORT,
    ValidationResult.TOO_SHORT: PhoneFault.TOO_SHORT,
    ValidationResult.TOO_LONG: PhoneFault.TOO_LONG,
    ValidationResult.INVALID_LENGTH: PhoneFault.NOT_ASSIGNED,
}


def _check_length(number: PhoneNumber) -> None:
    fault = _LENGTH_FAULTS.get(phonenumbers.is_possible_number_with_reason(number))
    if not fault and _is_korean_010(number):
        surplus = len(str(number.national_number)) - len("1012345678")
        fault = PhoneFault.TOO_SHORT if surplus < 0 else PhoneFault.TOO_LONG if surplus else None
    if fault:
        raise BadPhone(fault)


def _is_korean_010(number: PhoneNumber) -> bool:
    """Whether Korea's one prefix of mobile phones begins the number: eight digits follow it, whichever they are.

    The library lets seven pass, so that a lost digit would go unseen, and refuses eight in blocks it believes unused.
    """
    return number.country_code == 82 and str(number.national_number).startswith("10")


def _check_kind(number: PhoneNumber) -> None:
    if not phonenumbers.is_valid_number(number):
        raise BadPhone(PhoneFault.NOT_ASSIGNED)
    if phonenumbers.number_type(number) not in _RECEIVES_TEXTS:
        raise BadPhone(PhoneFault.NOT_MOBILE)


def _masked_digits(written: str) -> str:
    total, seen, shown = _digits(written), 0, []
    head, tail = max(0, min(2, total - 8)), min(4, max(0, total - 4))
    for char in written:
        hidden = char.isdigit() and head <= seen < total - tail
        seen += char.isdigit()
        shown.append(_HIDDEN if hidden else char)
    return "".join(shown)
