"""What is wrong with a list, a row or a number, in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy, pgettext_lazy

from firstlight.people.rules.lists import Fault, ListFault
from firstlight.people.rules.phones import PhoneFault
from firstlight.people.rules.words import Column

_PHONES = {
    PhoneFault.EMPTY: gettext_lazy("There is no phone number."),
    PhoneFault.NOT_A_NUMBER: gettext_lazy("This is not a phone number."),
    PhoneFault.LETTERS: gettext_lazy("A phone number has digits only; there are letters in this one."),
    PhoneFault.SEVERAL: gettext_lazy("There is more than one phone number here."),
    PhoneFault.EXTENSION: gettext_lazy("A number with an extension receives no text messages."),
    PhoneFault.UNKNOWN_COUNTRY: gettext_lazy("The country code of this phone number is unknown."),
    PhoneFault.TOO_SHORT: gettext_lazy("This phone number has too few digits."),
    PhoneFault.TOO_LONG: gettext_lazy("This phone number has too many digits."),
    PhoneFault.NOT_ASSIGNED: gettext_lazy("No phone has a number like this one."),
    PhoneFault.NOT_MOBILE: gettext_lazy("This is not the number of a mobile phone."),
    PhoneFault.ABROAD: gettext_lazy("This phone number belongs to another country than the carrier serves."),
}
_ROWS = {
    Fault.NO_NAME: gettext_lazy("There is no name."),
    Fault.NAME_TOO_LONG: gettext_lazy("The name is longer than 120 characters."),
    Fault.NO_ADDRESS: gettext_lazy("There is neither an e-mail address nor a phone number."),
    Fault.BAD_EMAIL: gettext_lazy("The e-mail address is none."),
    Fault.BAD_INSTITUTION: gettext_lazy("The institution's name is longer than 200 characters."),
    Fault.UNKNOWN_SPECIALTY: gettext_lazy("This specialty is unknown."),
    Fault.UNKNOWN_LANGUAGE: gettext_lazy("This language is unknown: write ko or en."),
    Fault.UNKNOWN_ROLE: gettext_lazy("This role is unknown."),
    Fault.SAME_EMAIL: gettext_lazy("Line %(line)s has the same e-mail address."),
    Fault.SAME_PHONE: gettext_lazy("Line %(line)s has the same phone number."),
    Fault.SAME_MEMBER: gettext_lazy("Line %(line)s is about the same member."),
    Fault.ANOTHERS_ADDRESS: gettext_lazy("The e-mail address and the phone number belong to two different members."),
    Fault.DEACTIVATED: gettext_lazy("This member was deactivated; take them back on their own page first."),
}
_COLUMNS = {
    Column.NAME: gettext_lazy("Name"),
    Column.EMAIL: gettext_lazy("E-mail"),
    Column.PHONE: gettext_lazy("Mobile phone"),
    Column.INSTITUTION: gettext_lazy("Institution"),
    Column.SPECIALTY: gettext_lazy("Specialty"),
    Column.LANGUAGE: gettext_lazy("Language"),
    Column.ROLE: pgettext_lazy("column", "Role"),
}
_LISTS = {
    ListFault.EMPTY: gettext_lazy("The file is empty."),
    ListFault.NO_HEADINGS: gettext_lazy(
        "No line of headings was found. One of the first lines must name the columns, with e-mail or phone among them."
    ),
    ListFault.TWO_COLUMNS: gettext_lazy("Two columns have the same heading: %(what)s. Rename or remove one."),
    ListFault.NOT_A_LIST: gettext_lazy("This is neither CSV nor an Excel file (.xlsx) that can be read."),
    ListFault.OLD_SPREADSHEET: gettext_lazy(
        "This is an old Excel file (.xls), or one with a password. Save it as .xlsx without a password."
    ),
    ListFault.UNKNOWN_LETTERS: gettext_lazy("The letters are neither UTF-8 nor CP949. Save the file as CSV UTF-8."),
    ListFault.BROKEN_LINE: gettext_lazy("Line %(what)s is broken: a quotation mark may not be closed."),
    ListFault.TOO_LARGE: gettext_lazy("The file is too large: at most 200 MB."),
    ListFault.INTERRUPTED: gettext_lazy("The file is no longer here. Hand it in again."),
}


def phone_sentence(fault: str) -> str:
    """What is wrong with a telephone number."""
    return str(_PHONES[PhoneFault(fault)])


def row_sentence(fault: str, detail: str = "") -> str:
    """What is wrong with a row."""
    if fault == Fault.BAD_PHONE:
        return phone_sentence(detail)
    return str(_ROWS[Fault(fault)]) % {"line": detail}


def row_sentences(complaints: Iterable[tuple[str, str]]) -> str:
    """Everything that is wrong with a row."""
    return " ".join(row_sentence(fault, detail) for fault, detail in complaints)


def column_name(column: str) -> str:
    """What a column is called."""
    return str(_COLUMNS[Column(column)])


def list_sentence(fault: str, detail: str = "") -> str:
    """Why a list cannot be read."""
    what = column_name(detail) if fault == ListFault.TWO_COLUMNS else detail
    return str(_LISTS[ListFault(fault)]) % {"what": what}
