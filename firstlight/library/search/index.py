"""Keeps the index: written in the transaction that publishes, so that nothing is found before it is in force."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

import numpy as np
from django.db import transaction
from django.utils import timezone

from firstlight.imaging.models import Series
from firstlight.library.hooks import Diagnosis, diagnoses
from firstlight.library.models import CaseTag, CaseVersion, SearchEntry, SearchMark, SearchPlaces, SearchWord
from firstlight.library.rules import CaseDocument
from firstlight.library.search.fields import Surroundings, facets, placed_words, texts
from firstlight.library.search.places import Places, block_of, in_version, pack, unpack, versions_of
from firstlight.words import letters_of

AT_ONCE = 500
Tell = Callable[[int, int], None]


@transaction.atomic
def put_in_search(versions: Sequence[CaseVersion], *, at: datetime) -> None:
    """Let these versions be found while they are in force; one that is there already is indexed anew."""
    take_turn()
    around = surroundings_of(versions, at=at)
    for block, neighbours in groupby(sorted(versions, key=lambda each: each.pk), key=lambda each: block_of(each.pk)):
        _write_block(block, list(neighbours), around)


def take_turn() -> None:
    """Let one process at a time change the index, and all processes notice."""
    SearchMark.objects.get_or_create(pk=1, defaults={"token": ""})
    SearchMark.objects.select_for_update().get(pk=1)
    SearchMark.objects.filter(pk=1).update(token=secrets.token_hex(16))


def rebuild(*, at: datetime, tell: Tell) -> int:
    """Make the whole index anew from every version there is, telling (done, total); gives how many."""
    versions = CaseVersion.objects.order_by("pk")
    total = versions.count()
    with transaction.atomic():
        take_turn()
        SearchEntry.objects.all().delete()
        SearchPlaces.objects.all().delete()
        SearchWord.objects.all().delete()
        done = 0
        for group in _in_groups(versions.select_related("case__outbreak", "submitted_by")):
            put_in_search(group, at=at)
            done += len(group)
            tell(done, total)
    return total


def _in_groups(versions: Iterable[CaseVersion]) -> Iterator[list[CaseVersion]]:
    group: list[CaseVersion] = []
    for each in versions:
        group.append(each)
        if len(group) == AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def index_missing(at: datetime) -> int:
    """Index the versions that were published before there was an index; gives how many."""
    missing = list(
        CaseVersion.objects.filter(search_entry=None).select_related("case__outbreak", "submitted_by")[:AT_ONCE]
    )
    if missing:
        put_in_search(missing, at=at)
    return len(missing)


def _write_block(block: int, versions: Sequence[CaseVersion], around: dict[int, Surroundings]) -> None:
    if SearchEntry.objects.filter(version__in=versions).delete()[0]:
        _forget(block, [each.pk for each in versions])
    entries, placed = [], defaultdict(list)
    for version in versions:
        document = CaseDocument.from_json(version.document)
        entries.append(SearchEntry(version=version, facets=facets(document, around[version.pk])))
        for word, places in placed_words(texts(document, around[version.pk])).items():
            placed[word].append(in_version(version.pk, places))
    SearchEntry.objects.bulk_create(entries)
    _write_places(block, {word: np.concatenate(places) for word, places in placed.items()})


def _write_places(block: int, placed: dict[str, Places]) -> None:
    pks = _words(sorted(placed))
    there = _there(block, list(pks.values()))
    rows = []
    for word, places in placed.items():
        kept = there.get(pks[word])
        merged = places if kept is None else np.concatenate([kept, places])
        rows.append(SearchPlaces(word_id=pks[word], block=block, packed=pack(merged)))
    SearchPlaces.objects.bulk_create(
        rows, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["word", "block"], update_fields=["packed"]
    )


def _words(texts: Sequence[str]) -> dict[str, int]:
    """The key of each word, new ones added."""
    new = [SearchWord(text=each, letters=letters_of(each)[:240]) for each in texts]
    SearchWord.objects.bulk_create(new, ignore_conflicts=True, batch_size=AT_ONCE)
    found: dict[str, int] = {}
    for start in range(0, len(texts), AT_ONCE):
        found |= dict(SearchWord.objects.filter(text__in=texts[start : start + AT_ONCE]).values_list("text", "pk"))
    return found


def _there(block: int, words: Sequence[int]) -> dict[int, Places]:
    """What the block holds of these words."""
    found: dict[int, Places] = {}
    for start in range(0, len(words), AT_ONCE):
        rows = SearchPlaces.objects.filter(block=block, word__in=words[start : start + AT_ONCE])
        found |= {word: unpack(block, packed) for word, packed in rows.values_list("word_id", "packed")}
    return found


def _forget(block: int, versions: Sequence[int]) -> None:
    """Take every place of these versions out of their block."""
    for row in SearchPlaces.objects.filter(block=block):
        places = unpack(block, row.packed)
        kept = places[~np.isin(versions_of(places), versions)]
        if len(kept) < len(places):
            SearchPlaces.objects.filter(pk=row.pk).update(packed=pack(kept))


def surroundings_of(versions: Sequence[CaseVersion], *, at: datetime) -> dict[int, Surroundings]:
    """What is known of versions beside their documents, with a few queries for all."""
    known = diagnoses(at)
    uids = {uid for each in versions for uid in each.document["series"]}
    series = Series.objects.filter(series_instance_uid__in=uids).select_related("study")
    by_uid = {each.series_instance_uid: each for each in series}
    cases = {each.case_id for each in versions}
    firsts: dict[int, datetime] = {}
    for case, began in CaseVersion.objects.filter(case__in=cases).values_list("case_id", "in_force_from"):
        firsts[case] = min(began, firsts.get(case, began))
    tags = _tag_labels({each.case.outbreak_id for each in versions if each.case.outbreak_id})
    return {
        each.pk: _surroundings(each, by_uid, tags.get(each.case.outbreak_id or 0, {}), firsts[each.case_id], known)
        for each in versions
    }


def _surroundings(
    version: CaseVersion, series: dict[str, Series], tags: dict[str, str], first: datetime, known: Sequence[Diagnosis]
) -> Surroundings:
    document, outbreak = CaseDocument.from_json(version.document), version.case.outbreak
    own = [series[uid] for uid in document.series if uid in series]
    authors = [name for each in document.authors for name in (each.name_en, each.name_ko) if name]
    return Surroundings(
        modalities=frozenset(each.modality for each in own),
        study_days=len({each.study.study_on or each.study_id for each in own}),
        outbreak=outbreak.slug if outbreak else "",
        outbreak_names=(outbreak.name_ko, outbreak.name_en) if outbreak else (),
        tag_labels=tuple(tags[each] for each in document.tags if each in tags),
        authors=tuple(authors or [version.submitted_by.name]),
        year=timezone.localtime(first, timezone.get_default_timezone()).year,
        diagnoses=known,
    )


def _tag_labels(outbreaks: Iterable[int]) -> dict[int, dict[str, str]]:
    """For each outbreak the words of its tags, by key."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for tag in CaseTag.objects.filter(outbreak__in=list(outbreaks)):
        found[tag.outbreak_id][tag.key] = f"{tag.label_ko} {tag.label_en}"
    return found
