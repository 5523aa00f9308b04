"""What people write back when they mean that they have read a notice."""

import unicodedata

_CONFIRMATIONS = frozenset(
    {"1", "네", "넵", "네네", "예", "응", "확인", "확인함", "확인했음", "확인했습니다", "확인했어요", "확인완료"}
    | {
        "확인하였습니다",
        "네확인",
        "네확인했습니다",
        "예확인했습니다",
        "읽음",
        "읽었습니다",
        "수신",
        "수신확인",
        "ㅇㅋ",
        "ㅇㅇ",
    }
    | {"ok", "okay", "yes", "y", "ack", "read", "received", "confirm", "confirmed", "acknowledged", "gotit", "roger"}
)


def is_confirmation(text: str) -> bool:
    """Whether a reply says no more than "read"; anything longer is for a person to read."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum()) in _CONFIRMATIONS
