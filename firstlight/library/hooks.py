"""What apps above tell the library when they start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from firstlight.library.models import Case
from firstlight.web.keeping import for_a_moment
from firstlight.words import texts_of

Hold = Callable[[Case, datetime], str]
"""Why a case must not be published at that moment, as a sentence for its editors; empty when it may."""

_holds: list[Hold] = []


def register_hold(hold: Hold) -> None:
    """Let an app keep a case from being published for a time."""
    if hold not in _holds:
        _holds.append(hold)


def hold_on(case: Case, *, at: datetime) -> str:
    """The first reason not to publish this case now; empty when there is none."""
    return next((why for hold in _holds if (why := hold(case, at))), "")


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis with all its names; readers may be told that it exists only when it `is_open`."""

    key: str
    label_ko: str
    label_en: str
    names: tuple[str, ...]
    parents: tuple[str, ...] = ()
    is_open: bool = True

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """Its names as search compares them."""
        return tuple(words for name in self.names if (words := texts_of(name)))


Diagnoses = Callable[[datetime], Sequence[Diagnosis]]
_diagnoses: list[Diagnoses] = []


def register_diagnoses(find: Diagnoses) -> None:
    """Let an app say by which names diagnoses are known, for search and filters."""
    if find not in _diagnoses:
        _diagnoses.append(find)


def diagnoses(at: datetime) -> tuple[Diagnosis, ...]:
    """Every diagnosis known at that moment."""
    key = ("diagnoses", at.replace(microsecond=0))
    return for_a_moment(key, lambda: tuple(each for find in _diagnoses for each in find(at)))
