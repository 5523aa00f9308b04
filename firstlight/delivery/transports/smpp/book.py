"""Which of a carrier's ids belongs to which message, for as long as one process remembers."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

from firstlight.delivery.rules.messages import Fate, Report
from firstlight.delivery.transports.interface import Inbox
from firstlight.delivery.transports.smpp.receipts import Receipt

LONGEST_BOOK = 20_000
MOST_EARLY = 5_000


class Notation(StrEnum):
    """How a centre writes one id in its answers and in its receipts."""

    SAME = "same"
    HEX_THEN_DECIMAL = "hex-decimal"
    DECIMAL_THEN_HEX = "decimal-hex"

    def of_answer(self, message_id: str) -> str:
        """The id of an answer as rows keep it."""
        return _decimal(message_id, 16) if self == Notation.HEX_THEN_DECIMAL else message_id

    def of_receipt(self, message_id: str) -> str:
        """The id of a receipt as rows keep it."""
        return _decimal(message_id, 16) if self == Notation.DECIMAL_THEN_HEX else message_id


@dataclass(slots=True)
class Entry:
    """A message being handed over and what is known of its parts; `ids` are the carrier's, by the part's number."""

    client_id: str
    recipient: str
    parts: int
    ids: dict[int, str] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)
    is_void: bool = False

    @property
    def carrier_id(self) -> str:
        """The id that rows keep: the last part's."""
        return self.ids[max(self.ids)] if self.ids else ""

    def settle(self, message_id: str, receipt: Receipt) -> Report | None:
        """The report for the whole message: delivered when all parts are, failed when one is."""
        if self.is_void:
            return None
        if receipt.fate == Fate.DELIVERED:
            self.delivered.add(message_id)
            if len(self.delivered) < self.parts:
                return None
        return _report(receipt, carrier_id=self.carrier_id, client_id=self.client_id)


class Book:
    """Shared by all lines of a carrier, since a receipt may come over any of them; old pages are forgotten.

    For what is not in it (sent before a restart) a receipt is passed on by its own id, which is the row's id when it
    speaks of a message's only or last part.
    """

    def __init__(self, notation: Notation) -> None:
        self._notation = notation
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._early: OrderedDict[str, Receipt] = OrderedDict()
        self._left = Inbox()
        self._lock = Lock()

    def enter(self, message_id: str, entry: Entry, number: int) -> None:
        """Note that a part was taken under this id; a carrier that gives none cannot report."""
        key = self._notation.of_answer(message_id)
        if not key:
            return
        with self._lock:
            entry.ids[number] = key
            self._entries[key] = entry
            self._entries.move_to_end(key)
            if len(self._entries) > LONGEST_BOOK:
                self._entries.popitem(last=False)
            receipt = self._early.pop(key, None)
            if receipt and (report := entry.settle(key, receipt)):
                self._left = Inbox((*self._left.reports, report), self._left.replies)

    def settle(self, receipt: Receipt) -> Report | None:
        """What a receipt says of a whole message; None while other parts are out."""
        with self._lock:
            for key in self._readings(receipt):
                entry = self._entries.get(key)
                if entry is not None:
                    return entry.settle(key, receipt)
            key = self._notation.of_receipt(receipt.message_id)
            self._early[key] = receipt
            if len(self._early) > MOST_EARLY:
                self._early.popitem(last=False)
            return _report(receipt, carrier_id=key)

    def leave(self, inbox: Inbox) -> None:
        """Keep what a line heard and nobody fetched before it ended, for whoever asks next on another."""
        with self._lock:
            self._left = Inbox(self._left.reports + inbox.reports, self._left.replies + inbox.replies)

    def fetch(self) -> Inbox:
        """What was left, and reports that came before the answer they belong to and are understood now."""
        with self._lock:
            left, self._left = self._left, Inbox()
            return left

    def _readings(self, receipt: Receipt) -> Iterator[str]:
        """The id, and what a centre may have meant by it when that message was for the same number."""
        key = self._notation.of_receipt(receipt.message_id)
        yield key
        for other in (key.lower(), key.upper(), key.lstrip("0"), *_conversions(key)):
            entry = self._entries.get(other)
            if entry is not None and entry.recipient == receipt.recipient:
                yield other


def _report(receipt: Receipt, *, carrier_id: str, client_id: str = "") -> Report:
    return Report(
        receipt.fate,
        client_id=client_id,
        carrier_id=carrier_id,
        reason=receipt.reason,
        at=receipt.at,
        is_address_dead=receipt.is_address_dead,
    )


def _decimal(number: str, base: int) -> str:
    try:
        return str(int(number, base))
    except ValueError:
        return number


def _conversions(number: str) -> Iterator[str]:
    if number.isascii() and number.isdecimal():
        yield f"{int(number):x}"
        yield f"{int(number):X}"
        yield f"{int(number):08x}"
        yield f"{int(number):08X}"
    try:
        yield str(int(number, 16))
    except ValueError:
        return
