"""What a text message says beyond its author's words: marks before them, and the link behind them."""

from collections.abc import Iterable
from enum import StrEnum

from firstlight.delivery.rules.counting import fill, placeholders, tidy

LINKS = frozenset({"ack", "notice"})
LONGEST_CODE = "7hKm2Pq9xwTzR3bD"
EMERGENCY = 4


class Mark(StrEnum):
    """What a reader must know before the first word."""

    TEST = "test"
    EXERCISE = "exercise"
    CANCEL = "cancel"
    UPDATE = "update"
    REMINDER = "reminder"
    EMERGENCY = "emergency"


_WORDS = {
    "ko": {
        Mark.TEST: "시험 발송",
        Mark.EXERCISE: "훈련",
        Mark.CANCEL: "취소",
        Mark.UPDATE: "갱신",
        Mark.REMINDER: "다시 알림",
        Mark.EMERGENCY: "긴급",
    },
    "en": {
        Mark.TEST: "TEST",
        Mark.EXERCISE: "EXERCISE",
        Mark.CANCEL: "CANCELLED",
        Mark.UPDATE: "UPDATE",
        Mark.REMINDER: "AGAIN",
        Mark.EMERGENCY: "URGENT",
    },
}


def marks_of(*, kind: str, severity: int, is_exercise: bool, round: int = 1, is_test: bool = False) -> list[Mark]:  # noqa: A002 — the field's name
    """The marks of one sending, the one that changes most what follows first."""
    holds = {
        Mark.TEST: is_test,
        Mark.EXERCISE: is_exercise,
        Mark.CANCEL: kind == "cancel",
        Mark.UPDATE: kind == "update",
        Mark.REMINDER: round > 1,
        Mark.EMERGENCY: severity >= EMERGENCY and kind != "cancel",
    }
    return [mark for mark in Mark if holds[mark]]


def marked(text: str, marks: Iterable[Mark], language: str) -> str:
    """The text after its marks, each in brackets, without those that its author wrote already."""
    words = [f"[{_WORDS[language][mark]}]" for mark in marks]
    before = "".join(word for word in words if word.casefold() not in text.casefold())
    return f"{before} {text}" if before else text


def with_link(text: str, *, wants_answer: bool) -> str:
    """The text with the link it needs, on a line of its own unless its author placed one."""
    needed, there = "ack" if wants_answer else "notice", placeholders(text)
    if needed in there or (not wants_answer and "ack" in there):
        return text
    return f"{text.rstrip()}\n{{{needed}}}"


def sms_text(text: str, marks: Iterable[Mark], language: str, *, wants_answer: bool, notice_url: str) -> str:
    """What leaves for the phones; only each person's own `{ack}` is still to be filled in."""
    whole = with_link(marked(text.strip(), marks, language), wants_answer=wants_answer)
    return fill(tidy(whole), {"notice": notice_url})


def unknown_placeholders(text: str) -> list[str]:
    """Names in braces that nothing would fill, and that would go out as they stand."""
    return [name for name in placeholders(text) if name not in LINKS]
