"""The UUIDs of cards and suggestions: feedback tells by them what card it is about, though no card is kept.

A UUID of version 8 (RFC 9562 section 5.8): the kind of card (28 bits), chance (44), the suggestion's number (6, 0 for
the card itself) and a tag over these (44), so that feedback on a card that was never given is known as such.
"""

import hmac
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

KIND_BITS, CHANCE_BITS, NUMBER_BITS, TAG_BITS = 28, 44, 6, 44
MOST_KINDS = 1 << KIND_BITS
MOST_SUGGESTIONS = (1 << NUMBER_BITS) - 1


class CardId(NamedTuple):
    """What a card's or suggestion's UUID says."""

    kind: int
    chance: int
    number: int = 0


def written(card: CardId, key: bytes) -> str:
    """The UUID of a card, or of its suggestion of that number."""
    if not (0 <= card.kind < MOST_KINDS and 0 <= card.number <= MOST_SUGGESTIONS):
        raise ValueError("A card's kind or a suggestion's number is too large for its UUID")
    plain = (card.kind << CHANCE_BITS | card.chance % (1 << CHANCE_BITS)) << NUMBER_BITS | card.number
    bits = plain << TAG_BITS | _tag(plain, key)
    high, middle, low = bits >> 74, bits >> 62 & 0xFFF, bits & (1 << 62) - 1
    return str(UUID(int=high << 80 | 0x8 << 76 | middle << 64 | 0b10 << 62 | low))


def read(text: str, key: bytes) -> CardId | None:
    """What a UUID says; None for one that was not written with this key."""
    try:
        whole = UUID(text).int
    except (ValueError, AttributeError, TypeError):
        return None
    bits = (whole >> 80) << 74 | (whole >> 64 & 0xFFF) << 62 | whole & (1 << 62) - 1
    plain, tag = bits >> TAG_BITS, bits & (1 << TAG_BITS) - 1
    card = CardId(plain >> (CHANCE_BITS + NUMBER_BITS), plain >> NUMBER_BITS & (1 << CHANCE_BITS) - 1,
                  plain & MOST_SUGGESTIONS)  # fmt: skip
    genuine = hmac.compare_digest(_bytes(tag), _bytes(_tag(plain, key))) and text.lower() == written(card, key)
    return card if genuine else None


def _tag(plain: int, key: bytes) -> int:
    whole = hmac.digest(key, plain.to_bytes(10, "big"), sha256)
    return int.from_bytes(whole[:8], "big") >> (64 - TAG_BITS)


def _bytes(number: int) -> bytes:
    return number.to_bytes(6, "big")
