"""Which of a record's two languages to show."""

from collections.abc import Sequence
from typing import NamedTuple

LANGUAGES = ("ko", "en")


class Wording(NamedTuple):
    """A text and the language it is written in."""

    text: str
    language: str


def choose_wording(subject: object, field: str, language: str) -> Wording:
    """The `field` of `subject` in `language`, else in the other language, else empty.

    Raises AttributeError for a `field` the subject does not have: a slip must not look like a missing text.
    """
    wordings = [Wording(getattr(subject, f"{field}_{each}") or "", each) for each in LANGUAGES]
    wordings.sort(key=lambda wording: wording.language != language)
    return next((wording for wording in wordings if wording.text), Wording("", language))


def language_wanted(asked: str, accepted: Sequence[str], languages: Sequence[str]) -> str:
    """The feed's language: the one asked for, else the first accepted one there is, else the last of all."""
    wanted = (asked, *(each.partition("-")[0].lower() for each in accepted))
    return next((each for each in wanted if each in languages), languages[-1])
