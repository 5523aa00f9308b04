"""What people write back when they want no more text messages."""

import unicodedata

_REFUSALS = frozenset(
    {"stop", "stopall", "unsubscribe", "quit", "end", "cancel", "수신거부", "거부", "수신거절", "거절", "그만", "해지"}
    | {"문자거부", "수신거부합니다", "거부합니다", "문자그만", "보내지마세요", "그만보내세요"}
)


def is_refusal(text: str) -> bool:
    """Whether a reply says no more than "stop"; anything longer is for a person to read."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum()) in _REFUSALS
