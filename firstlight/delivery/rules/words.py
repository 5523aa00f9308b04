"""What a message says, before it is anyone's own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What is said on one channel in one language; `{ack}` and its like stand for each person's own link."""

    channel: str
    language: str
    subject: str
    text: str
    html: str = ""
