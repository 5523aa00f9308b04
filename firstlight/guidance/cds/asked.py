"""What order systems asked and what became of the cards, in numbers for those who write guidelines."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from firstlight.guidance.cds.cards import REASONS
from firstlight.guidance.cds.models import CardCount, CardKind, Feedback, OrderSystem
from firstlight.guidance.rules.inputs import Words, terms


@dataclass(frozen=True)
class Line:
    """All cards that say the same, over every version of the guidelines that said it."""

    guidelines: str
    recommendations: str
    modality: str
    hook: str
    rating: str
    given: int
    accepted: int
    overridden: int
    reasons: tuple[tuple[str, int], ...] = ()
    is_replay: bool = False

    @property
    def told(self) -> int:
        """Of how many cards something was told."""
        return self.accepted + self.overridden

    @property
    def share_overridden(self) -> float | None:
        """Of these how many were overridden, in per cent."""
        return 100 * self.overridden / self.told if self.told else None


@dataclass(frozen=True)
class Asked:
    """All of it, up to a moment."""

    lines: list[Line] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)

    @property
    def given(self) -> int:
        """How many cards were given."""
        return sum(each.given for each in self.lines)

    @property
    def accepted(self) -> int:
        """How many of them were accepted."""
        return sum(each.accepted for each in self.lines)

    @property
    def overridden(self) -> int:
        """How many of them were overridden."""
        return sum(each.overridden for each in self.lines)

    @property
    def has_replay(self) -> bool:
        """Whether some of it was played again."""
        return any(each.is_replay for each in self.lines)


def asked_up_to(at: datetime, *, guideline: str = "", language: str = "en") -> Asked:
    """What was asked and told up to a moment; of one guideline where its public id is given."""
    kinds = CardKind.objects.filter(guidelines__contains=f"{guideline}@") if guideline else CardKind.objects.all()
    given = _given(kinds, at)
    told = _told(kinds, at)
    reasons = _reasons(kinds, at)
    lines = [
        _line(each, given.get(each.pk, (0, False)), told.get(each.pk, (0, 0)), reasons, language) for each in kinds
    ]
    every: Counter[str] = Counter()
    for (_kind, code), number in reasons.items():
        every[code] += number
    return Asked(
        sorted((each for each in lines if each.given or each.told), key=lambda each: (-each.given, each.guidelines)),
        [(_reason(code).in_language(language), number) for code, number in every.most_common()],
    )


def _given(kinds: Any, at: datetime) -> dict[int, tuple[int, bool]]:
    rows = CardCount.objects.filter(kind__in=kinds, on__lte=timezone.localdate(at)).order_by()
    summed = rows.values_list("kind").annotate(cards=Sum("given"), replayed=Count("pk", filter=Q(is_replay=True)))
    return {kind: (number, bool(replayed)) for kind, number, replayed in summed}


def _told(kinds: Any, at: datetime) -> dict[int, tuple[int, int]]:
    rows = Feedback.objects.filter(kind__in=kinds, received_at__lte=at).order_by().values_list("kind")
    counted = rows.annotate(
        accepted=Count("pk", filter=Q(outcome="accepted")), overridden=Count("pk", filter=Q(outcome="overridden"))
    )
    return {kind: (accepted, overridden) for kind, accepted, overridden in counted}


def _reasons(kinds: Any, at: datetime) -> Counter[tuple[int, str]]:
    rows = Feedback.objects.filter(kind__in=kinds, received_at__lte=at, outcome="overridden").order_by()
    return Counter(
        {(kind, code): number for kind, code, number in rows.values_list("kind", "reason").annotate(Count("pk"))}
    )


def _line(
    kind: CardKind, given: tuple[int, bool], told: tuple[int, int], reasons: Counter[tuple[int, str]], language: str
) -> Line:
    mine = sorted(
        ((code, number) for (owner, code), number in reasons.items() if owner == kind.pk), key=lambda each: -each[1]
    )
    known = terms("modalities").get(kind.modality)
    return Line(
        guidelines=", ".join(each.partition(".")[2] or each for each in kind.guidelines.split(",")),
        recommendations=kind.recommendations.replace(",", ", "),
        modality=known.label.in_language(language) if known else "",
        hook=kind.hook,
        rating=kind.rating,
        given=given[0],
        accepted=told[0],
        overridden=told[1],
        reasons=tuple((_reason(code).in_language(language), number) for code, number in mine),
        is_replay=given[1],
    )


def _reason(code: str) -> Words:
    return REASONS.get(code) or (
        Words("다른 이유", "Another reason") if code else Words("이유를 말하지 않음", "No reason given")
    )


def order_systems() -> Iterable[OrderSystem]:
    """Every order system that was registered."""
    return OrderSystem.objects.select_related("registered_by").order_by("revoked_at", "name")
