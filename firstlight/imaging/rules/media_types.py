"""Which forms of an answer a reader would take, best first (RFC 9110 12.5.1, PS3.18 8.7)."""

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST = 4096
ANY = "*"
ANYTHING = "*/*"
_RANGES = re.compile(r'(?:[^,"]|"[^"]*")+')
_PARAMETERS = re.compile(r'(?:[^;"]|"[^"]*")+')


class Unreadable(ValueError):
    """An Accept header, or the query's word in its place, that is none."""


class Wish(NamedTuple):
    """One form that a reader would take: `transfer_syntax_uid` is "" for the media type's default, * for any."""

    media_type: str
    transfer_syntax_uid: str = ""
    is_multipart: bool = False

    @property
    def takes_anything(self) -> bool:
        """Whether it leaves the media type to the server."""
        return self.media_type == ANYTHING

    def takes(self, media_type: str) -> bool:
        """Whether it names this media type or a range that holds it."""
        kind, _, name = self.media_type.partition("/")
        return (
            self.takes_anything or self.media_type == media_type or (name == ANY and media_type.startswith(f"{kind}/"))
        )


@lru_cache(256)
def wishes(accept: str) -> tuple[Wish, ...]:
    """The forms that an Accept header takes, by falling weight and then as written; raises Unreadable."""
    if len(accept) > LONGEST:
        raise Unreadable("The Accept header is too long.")
    weighed = [_wish(each) for each in _RANGES.findall(accept) if each.strip()]
    return tuple(wish for wish, weight in sorted(weighed, key=lambda each: -each[1]) if weight)


def _wish(text: str) -> tuple[Wish, float]:
    name, *rest = (each.strip() for each in _PARAMETERS.findall(text))
    pairs = (each.partition("=") for each in rest)
    said = {key.strip().lower(): value.strip().strip('"').strip() for key, _, value in pairs}
    if not re.fullmatch(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", name):
        raise Unreadable("The Accept header names something that is no media type.")
    media_type, is_multipart = name.lower(), name.lower().startswith("multipart/")
    if is_multipart:
        media_type = said.get("type", ANYTHING).lower()
    return Wish(media_type, said.get("transfer-syntax", ""), is_multipart), _weight(said.get("q", "1"))


def _weight(text: str) -> float:
    if not re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", text):
        raise Unreadable("A weight in the Accept header is no number from 0 to 1.")
    return float(text)
