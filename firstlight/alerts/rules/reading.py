"""How a notice stands to a reader, and its words as a page or a feed may quote them."""

import re
from datetime import datetime
from enum import StrEnum

_PLACE = re.compile(r"[ \t]*\{[a-z][a-z0-9_]*\}")
# Whatever XML 1.0 cannot carry, even escaped (section 2.2).
_UNCARRIED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Standing(StrEnum):
    """Whether what a notice says still holds."""

    STANDS = "standing"
    EXPIRED = "expired"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    CANCELS = "cancels"


def standing_of(kind: str, expires_at: datetime | None, follower: str, *, at: datetime) -> Standing:
    """How a notice of a kind stands at a moment, when one of the kind `follower` followed it ("" when none did)."""
    if follower:
        return Standing.CANCELLED if follower == "cancel" else Standing.UPDATED
    if kind == "cancel":
        return Standing.CANCELS
    return Standing.EXPIRED if expires_at is not None and expires_at <= at else Standing.STANDS


def quoted(text: str) -> str:
    """A text without the places of personal links, such as `{ack}`, and without characters that XML cannot carry."""
    return _UNCARRIED.sub("", _PLACE.sub("", text)).strip()
