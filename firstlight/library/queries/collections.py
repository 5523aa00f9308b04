from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.urls import reverse

from firstlight.library.models import CaseVersion, CollectedCase, Collection, CollectionVersion
from firstlight.library.queries.cases import CaseCard, cards, published
from firstlight.visits.hooks import Label
from firstlight.web.keeping import for_a_moment


@dataclass(frozen=True)
class CollectionView:
    """A collection as readers see it, or as its editors see it before that: its words, its cases' keys in order."""

    slug: str
    title_ko: str
    title_en: str
    description_ko: str
    description_en: str
    cases: tuple[int, ...]
    cover: int | None

    @classmethod
    def from_json(cls, slug: str, document: Mapping[str, Any]) -> Self:
        return cls(**{**document, "slug": slug, "cases": tuple(document["cases"])})


@dataclass(frozen=True)
class CollectionCard:
    """A collection as lists show it: how many of its cases readers see, and the picture of its cover."""

    collection: CollectionView
    count: int
    thumbnail: str


def public_collections(at: datetime) -> list[CollectionCard]:
    """The collections that readers saw at that moment and that hold a case in force."""
    found = [_card(each, at) for each in _shown(at)]
    return [each for each in found if each.count]


def _shown(at: datetime) -> list[CollectionView]:
    versions = CollectionVersion.objects.in_force(at).select_related("collection")
    views = [CollectionView.from_json(each.collection.slug, each.document) for each in versions]
    return sorted(views, key=lambda each: (each.title_en, each.slug))


def _card(collection: CollectionView, at: datetime) -> CollectionCard:
    versions = versions_in(collection, at)
    covers = [each for each in versions if each.case_id == collection.cover] or versions[:1]
    return CollectionCard(collection, len(versions), next((each.thumbnail for each in cards(covers)), ""))


def collection_shown(collection: Collection, at: datetime) -> CollectionView | None:
    """A collection as readers saw it at that moment; None when they saw none."""
    version = collection.versions.in_force(at).first()
    return CollectionView.from_json(collection.slug, version.document) if version else None


def collection_as_it_is(collection: Collection) -> CollectionView:
    """A collection as its editors left it, shown to readers or not."""
    return CollectionView(
        collection.slug,
        collection.title_ko,
        collection.title_en,
        collection.description_ko,
        collection.description_en,
        tuple(each.case_id for each in places_in(collection)),
        collection.cover_id,
    )


def versions_in(collection: CollectionView, at: datetime) -> list[CaseVersion]:
    """What readers see of a collection's cases, in its order."""
    order = {case: place for place, case in enumerate(collection.cases)}
    return sorted(published(at).filter(case__in=order), key=lambda each: order[each.case_id])


def cards_in(collection: CollectionView, at: datetime) -> list[CaseCard]:
    """A collection's cases as cards, in its order."""
    return cards(versions_in(collection, at))


def collections_of(case: int, at: datetime) -> Sequence[CollectionView]:
    """The collections shown to readers at that moment that a case, by its key, is in."""
    shown = for_a_moment(("public collections", at.replace(microsecond=0)), lambda: _shown(at))
    return [each for each in shown if case in each.cases]


def collections_to_add(case: int) -> Sequence[Collection]:
    """The collections that a case, by its key, is not in yet."""
    return list(Collection.objects.exclude(collected__case=case))


def places_in(collection: Collection) -> list[CollectedCase]:
    """A collection's cases for its editors, whether readers see them or not."""
    return list(collection.collected.select_related("case"))


def collection_labels(keys: Sequence[str]) -> dict[str, Label]:
    """How the counts call a collection: by its title, once readers see it."""
    known = [int(each) for each in keys if each.isdecimal()]
    return {
        str(each.pk): Label(each.title_ko, each.title_en, reverse("collection", args=[each.slug]))
        for each in Collection.objects.filter(pk__in=known, is_public=True)
    }
