"""What apps above tell the postman when they start: who is to be written to, what links mean, what replies do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.messages import Reply


@dataclass(frozen=True, slots=True)
class Addressee:
    """One row to write: a member's contact point, its language, and whether it waits for quiet hours or the digest."""

    member_id: int
    contact_id: int
    channel: str
    language: str
    due_at: datetime
    state: str = Delivery.State.CREATED


ReadAudience = Callable[[Mailing, int, int, datetime], tuple[Sequence[Addressee], int]]
"""(mailing, after which member, how many members at most, now) → the rows, and the last member looked at.

When there is nobody beyond, that is the member it was asked to look after: the audience is complete.
"""

LEAVE = "leave"
"""The link by which a person leaves: where it is registered, every e-mail carries it as RFC 8058 asks."""


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done by the clock: its name, how often, and the work, which says how much it did."""

    name: str
    every: timedelta
    do: Callable[[datetime], int]


_audiences: dict[str, ReadAudience] = {}
_links: dict[str, str] = {}
_repliers: list[Callable[[Reply, Delivery, datetime], bool]] = []
_chores: dict[str, Chore] = {}


def register_audience(kind: str, read: ReadAudience) -> None:
    """Say who gets the mailings whose reference begins with this word."""
    _audiences[kind] = read


def audience_of(mailing: Mailing) -> ReadAudience | None:
    """How to read the audience of this mailing; None when its rows were written with it."""
    return _audiences.get(mailing.reference.partition(":")[0])


def register_link(name: str, url_name: str) -> None:
    """Let `{name}` in a message become the address of that view with the person's own signed code.

    The code is of the delivery's number, and the link's name is its purpose.
    """
    _links[name] = url_name


def links() -> dict[str, str]:
    """Every personal link: its name, which is also its code's purpose, and its view."""
    return dict(_links)


def register_replier(answer: Callable[[Reply, Delivery, datetime], bool]) -> None:
    """Let an app read replies: given the last text message this person got; True when it understood."""
    if answer not in _repliers:
        _repliers.append(answer)


def repliers() -> list[Callable[[Reply, Delivery, datetime], bool]]:
    """Everyone who reads replies, in the order of their registration."""
    return list(_repliers)


def register_chore(chore: Chore) -> None:
    """Have something done by the clock, in the process that sends."""
    _chores[chore.name] = chore


def chores() -> list[Chore]:
    """Everything that is done by the clock."""
    return list(_chores.values())
