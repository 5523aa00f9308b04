from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from firstlight.library.models import CaseVersion, CollectedCase, Collection
from firstlight.library.queries.cases import CaseCard, cards, published
from firstlight.visits.hooks import Label
from firstlight.web.keeping import for_a_moment


@dataclass(frozen=True)
class CollectionCard:
    """A collection as lists show it: how many of its cases readers see, and the picture of its cover."""

    collection: Collection
    count: int
    thumbnail: str


def public_collections(at: datetime) -> list[CollectionCard]:
    """The collections shown to readers that hold a case in force at that moment."""
    found = [collection_card(each, at) for each in Collection.objects.filter(is_public=True, created_at__lte=at)]
    return [each for each in found if each.count]


def collection_card(collection: Collection, at: datetime) -> CollectionCard:
    """One collection as lists show it."""
    versions = versions_in(collection, at)
    covers = [each for each in versions if each.case_id == collection.cover_id] or versions[:1]
    return CollectionCard(collection, len(versions), next((each.thumbnail for each in cards(covers)), ""))


def versions_in(collection: Collection, at: datetime) -> list[CaseVersion]:
    """What readers see of a collection's cases, in its order."""
    order = dict(collection.collected.values_list("case_id", "place"))
    return sorted(published(at).filter(case__in=order), key=lambda each: order[each.case_id])


def cards_in(collection: Collection, at: datetime) -> list[CaseCard]:
    """A collection's cases as cards, in its order."""
    return cards(versions_in(collection, at))


def collections_of(case: int, at: datetime) -> Sequence[Collection]:
    """The public collections that a case, by its key, is in."""
    held = for_a_moment("public collections", _by_case)
    return [each for each in held.get(case, []) if each.created_at <= at]


def _by_case() -> dict[int, list[Collection]]:
    found: dict[int, list[Collection]] = {}
    rows = CollectedCase.objects.filter(collection__is_public=True).select_related("collection")
    for each in rows.order_by("collection__title_en", "collection"):
        found.setdefault(each.case_id, []).append(each.collection)
    return found


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
