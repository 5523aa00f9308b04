"""A members' list, row by row: what each says, and everything that is wrong with it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from firstlight.people.rules.addresses import BadEmail, read_email
from firstlight.people.rules.phones import BadPhone, read_phone
from firstlight.people.rules.words import HEADINGS, LANGUAGES, ROLES, SPECIALTIES, Column, meanings, plain_word

LONGEST_NAME = 120
LONGEST_INSTITUTION = 200
ROWS_BEFORE_THE_HEADINGS = 15
_SPECIALTIES, _LANGUAGES, _ROLES = meanings(SPECIALTIES), meanings(LANGUAGES), meanings(ROLES)
_PLACES = {column: {plain_word(word): place for place, word in enumerate(words)} for column, words in HEADINGS.items()}


class Fault(StrEnum):
    """What is wrong with a row, for pages to say in the reader's language."""

    NO_NAME = "no-name"
    NAME_TOO_LONG = "name-too-long"
    NO_ADDRESS = "no-address"
    BAD_EMAIL = "bad-email"
    BAD_PHONE = "bad-phone"
    BAD_INSTITUTION = "institution-too-long"
    UNKNOWN_SPECIALTY = "unknown-specialty"
    UNKNOWN_LANGUAGE = "unknown-language"
    UNKNOWN_ROLE = "unknown-role"
    SAME_EMAIL = "same-email"
    SAME_PHONE = "same-phone"
    SAME_MEMBER = "same-member"
    ANOTHERS_ADDRESS = "anothers-address"
    DEACTIVATED = "deactivated"


class ListFault(StrEnum):
    """Why a list cannot be read at all."""

    EMPTY = "empty"
    NO_HEADINGS = "no-headings"
    TWO_COLUMNS = "two-columns"
    NOT_A_LIST = "not-a-list"
    OLD_SPREADSHEET = "old-spreadsheet"
    UNKNOWN_LETTERS = "unknown-letters"
    BROKEN_LINE = "broken-line"
    TOO_LARGE = "too-large"
    INTERRUPTED = "interrupted"


class UnreadableList(ValueError):
    """A file that is no members' list; `detail` is a column's kind or a line, never a cell."""

    def __init__(self, fault: ListFault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault, self.detail = fault, detail


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file with its cells by column."""

    line: int
    cells: Mapping[Column, str]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault with its detail: the line of the other row, or a telephone number's own fault."""

    fault: Fault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, with every reason."""

    row: Row
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class ListedMember:
    """What a good row says; an empty text says nothing."""

    row: Row
    name: str
    email: str
    phone: str
    institution: str
    specialty: str
    language: str
    roles: tuple[str, ...]


@dataclass(slots=True)
class Seen:
    """The lines of the addresses and members met so far, kept by their hash alone so that a long list stays small."""

    lines: dict[int, int] = field(default_factory=dict)

    def first_line(self, kind: str, address: str | int, line: int) -> int | None:
        """The earlier line with the same address; the line itself is remembered when there is none."""
        earlier = self.lines.setdefault(hash((kind, address)), line)
        return None if earlier == line else earlier


def find_columns(rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[int, dict[Column, int]]:
    """The line with the headings and where each column stands; raises UnreadableList."""
    is_empty = True
    for count, (line, cells) in enumerate(rows):
        is_empty = False
        found = _columns_of(cells)
        if Column.EMAIL in found or Column.PHONE in found:
            return line, found
        if count >= ROWS_BEFORE_THE_HEADINGS:
            break
    raise UnreadableList(ListFault.EMPTY if is_empty else ListFault.NO_HEADINGS)


def _columns_of(cells: Sequence[str]) -> dict[Column, int]:
    found: dict[Column, tuple[int, int]] = {}
    for index, cell in enumerate(cells):
        word = plain_word(re.sub(r"[(\[*].*", "", cell, flags=re.DOTALL))
        for column, places in _PLACES.items():
            if word not in places:
                continue
            if column in found and found[column][0] == places[word]:
                raise UnreadableList(ListFault.TWO_COLUMNS, column.value)
            found[column] = min(found.get(column, (places[word], index)), (places[word], index))
    return {column: index for column, (_place, index) in found.items()}


def read_members(
    rows: Iterable[Row], *, region: str, seen: Seen | None = None
) -> tuple[list[ListedMember], list[BadRow]]:
    """The rows that can be used and those that cannot; `seen` carries the addresses of earlier rows along."""
    seen = Seen() if seen is None else seen
    good, bad = [], []
    for row in rows:
        read = _read_row(row, region, seen)
        if isinstance(read, BadRow):
            bad.append(read)
        else:
            good.append(read)
    return good, bad


def _read_row(row: Row, region: str, seen: Seen) -> ListedMember | BadRow:
    complaints: list[Complaint] = []
    name = one_line(row.cells.get(Column.NAME, ""))
    institution = one_line(row.cells.get(Column.INSTITUTION, ""))
    institution = institution if plain_word(institution) else ""
    if not name:
        complaints.append(Complaint(Fault.NO_NAME))
    if len(name) > LONGEST_NAME:
        complaints.append(Complaint(Fault.NAME_TOO_LONG))
    if len(institution) > LONGEST_INSTITUTION:
        complaints.append(Complaint(Fault.BAD_INSTITUTION))
    email, phone = _addresses_of(row, region, seen, complaints)
    specialty = _meaning(row, Column.SPECIALTY, _SPECIALTIES, Fault.UNKNOWN_SPECIALTY, complaints)
    language = _meaning(row, Column.LANGUAGE, _LANGUAGES, Fault.UNKNOWN_LANGUAGE, complaints)
    roles = _roles_of(row, complaints)
    if complaints:
        return BadRow(row, tuple(complaints))
    return ListedMember(row, name, email, phone, institution, specialty, language, roles)


def _addresses_of(row: Row, region: str, seen: Seen, complaints: list[Complaint]) -> tuple[str, str]:
    written = {column: row.cells.get(column, "").strip() for column in (Column.EMAIL, Column.PHONE)}
    if not any(written.values()):
        complaints.append(Complaint(Fault.NO_ADDRESS))
    email = phone = ""
    try:
        email = read_email(written[Column.EMAIL]) if written[Column.EMAIL] else ""
    except BadEmail:
        complaints.append(Complaint(Fault.BAD_EMAIL))
    try:
        phone = read_phone(written[Column.PHONE], region=region) if written[Column.PHONE] else ""
    except BadPhone as error:
        complaints.append(Complaint(Fault.BAD_PHONE, error.fault.value))
    for address, kind, fault in ((email, "email", Fault.SAME_EMAIL), (phone, "sms", Fault.SAME_PHONE)):
        if address and (earlier := seen.first_line(kind, address, row.line)):
            complaints.append(Complaint(fault, str(earlier)))
    return email, phone


def _meaning(row: Row, column: Column, vocabulary: Mapping[str, str], fault: Fault, complaints: list[Complaint]) -> str:
    word = plain_word(row.cells.get(column, ""))
    if word and word not in vocabulary:
        complaints.append(Complaint(fault))
    return vocabulary.get(word, "")


def _roles_of(row: Row, complaints: list[Complaint]) -> tuple[str, ...]:
    words = [plain_word(each) for each in re.split(r"[,;/|+]", row.cells.get(Column.ROLE, ""))]
    if any(word and word not in _ROLES for word in words):
        complaints.append(Complaint(Fault.UNKNOWN_ROLE))
    return tuple(sorted({_ROLES[word] for word in words if word in _ROLES}))


def one_line(text: str) -> str:
    """A text on one line, composed, without what cannot be seen."""
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(" " if each.isspace() else each for each in composed if each.isspace() or each.isprintable())
    return " ".join(seen.split())
