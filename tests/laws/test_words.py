"""Every sentence of the site exists in Korean too."""

from pathlib import Path

import firstlight
from firstlight.web.translations import read_catalogue, source_strings

PACKAGE = Path(firstlight.__file__).parent


def said() -> set[str]:
    return {text for text, _context in source_strings(PACKAGE)}


def korean() -> dict[str, str]:
    catalogues = [read_catalogue(path) for path in PACKAGE.rglob("locale/ko/LC_MESSAGES/django.po")]
    messages = [message for catalogue in catalogues for message in catalogue if message.id and not message.fuzzy]
    return {
        (each.id if isinstance(each.id, str) else each.id[0]): str(
            each.string[0] if isinstance(each.string, tuple) else each.string
        )
        for each in messages
    }


def test_every_sentence_has_its_korean() -> None:
    words = korean()
    assert sorted(text for text in said() if not words.get(text)) == []


def test_no_korean_is_left_over() -> None:
    """But for what the shared pages say better than allauth does."""
    shared = read_catalogue(PACKAGE / "web/locale/ko/LC_MESSAGES/django.po")
    assert sorted(text for text in korean().keys() - said() if text not in shared) == []
