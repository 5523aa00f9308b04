"""Which of a record's two languages to show."""

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
