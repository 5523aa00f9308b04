"""Which answers were a page that somebody asked for, and which of those were asked for by a machine."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

NAME = re.compile(r"[a-z][a-z-]*:[\w.-]{1,80}", re.ASCII)
COUNTED_STATUS = frozenset({200, 304})
PAGES = frozenset({"document", "iframe", "frame", "embed", "object"})
AHEAD = re.compile(r"\b(prefetch|prerender|preview)\b", re.IGNORECASE)
AHEAD_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")


class Kind(StrEnum):
    """What a request was: a person's, a robot's, or a browser's guess at the next page."""

    VIEW = "v"
    ROBOT = "r"
    AHEAD = "a"


class Visited(NamedTuple):
    """What a page shows, as in 'case:12', and the group it is counted with, as in 'outbreak:slug'."""

    item: str
    group: str = ""


def check_name(name: str) -> str:
    """The name itself; raises ValueError for one that is not a kind, a colon and a key."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r}: a name is a kind, a colon and a key, as in case:12")
    return name


def is_page(method: str, status: int, content_type: str, headers: Mapping[str, str]) -> bool:
    """Whether a page was asked for and given: COUNTER 5, paragraph 7.1 (200 and 304), and GET of HTML alone."""
    is_html = status == 304 or content_type.startswith("text/html")
    wanted_as = headers.get("HTTP_SEC_FETCH_DEST", "document")
    return method == "GET" and status in COUNTED_STATUS and is_html and wanted_as in PAGES


def kind_of(headers: Mapping[str, str]) -> Kind:
    """Whose request it was, by what it says of itself."""
    if is_robot(headers.get("HTTP_USER_AGENT", "")):
        return Kind.ROBOT
    if any(AHEAD.search(headers.get(name, "")) for name in AHEAD_HEADERS):
        return Kind.AHEAD
    return Kind.VIEW


def asks_to_be_left_alone(headers: Mapping[str, str]) -> bool:
    """Whether the browser sends Global Privacy Control or Do Not Track."""
    return headers.get("HTTP_SEC_GPC") == "1" or headers.get("HTTP_DNT") == "1"


@lru_cache(maxsize=4096)
def is_robot(user_agent: str) -> bool:
    """Whether COUNTER's lists of robots and of machines know the user agent, its case ignored as they ask."""
    return bool(_known().search(user_agent))


@cache
def _known() -> re.Pattern[str]:
    lists = files("counter_robots") / "data"
    # Read here, since the package's own functions mind the case, and the lists are not made for that.
    lines = [line for name in ("robot.txt", "machine.txt") for line in (lists / name).read_text("utf-8").splitlines()]
    return re.compile("|".join(line for line in lines if line), re.IGNORECASE)
