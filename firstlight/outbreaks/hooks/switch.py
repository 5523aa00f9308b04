"""What every app sets up when an outbreak is activated, and what keeps an activation from being undone."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise

from firstlight.outbreaks.models import Outbreak


@dataclass(frozen=True)
class Share:
    """What one app sets up when an outbreak is activated, and takes back when that is undone.

    `form` asks for the share's plan; its cleaned data is the plan, and a blueprint gives the initial one.
    `set_up(outbreak, plan, by=, at=)` may be called again with the same plan and then changes nothing.
    """

    order: int
    key: str
    label: str | Promise
    form: type[forms.Form]
    set_up: Callable[..., None]
    take_back: Callable[[Outbreak], None]


_shares: dict[str, Share] = {}
_dependents: list[Callable[[Outbreak], list[str]]] = []


def register_share(share: Share) -> None:
    """Let activating an outbreak set this up too; called by an app when it starts."""
    _shares[share.key] = share


def shares() -> list[Share]:
    """Every registered share, in its order."""
    return sorted(_shares.values(), key=lambda each: each.order)


def register_dependents(find: Callable[[Outbreak], list[str]]) -> None:
    """Let an app say, in sentences, what hangs on an outbreak and so keeps it from being undone."""
    if find not in _dependents:
        _dependents.append(find)


def dependents_of(outbreak: Outbreak) -> list[str]:
    """What hangs on this outbreak, in sentences."""
    return [str(sentence) for find in _dependents for sentence in find(outbreak)]
