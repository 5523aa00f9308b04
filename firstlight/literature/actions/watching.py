"""Saved questions: begin one, end one."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from firstlight.literature.actions.indexing import meet_what_is_here
from firstlight.literature.models import Watch
from firstlight.literature.policies import check_can_watch
from firstlight.literature.search.asking import clauses_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member


def keep_watch(
    key: str, *, name: str, words: str, outbreak: Outbreak | None = None, lists_papers: bool = False, at: datetime
) -> Watch:
    """Watch for papers under a key of an app's own; the same key again changes the words.

    News of kind ARRIVED_MATCHING carry the watch. Raises ValidationError for words that ask for nothing.
    """
    _check(words)
    told = {
        "name": name[:120],
        "words": words[:400],
        "outbreak": outbreak,
        "lists_papers": lists_papers,
        "ended_at": None,
    }
    watch = Watch.objects.filter(key=key).first()
    is_same = watch is not None and watch.words == told["words"] and watch.ended_at is None
    watch, _is_new = Watch.objects.update_or_create(key=key, defaults=told, create_defaults={**told, "begun_at": at})
    if not is_same:
        meet_what_is_here(watch, at=at)
    return watch


def begin_watch(*, name: str, words: str, outbreak: Outbreak | None, by: Member, at: datetime) -> Watch:
    """A member's own watch."""
    check_can_watch(by)
    number = Watch.objects.filter(member=by).count() + 1
    watch = keep_watch(
        f"member:{by.pk}:{number}:{at:%Y%m%d%H%M%S}", name=name or words, words=words, outbreak=outbreak, at=at
    )
    Watch.objects.filter(pk=watch.pk).update(member=by)
    return watch


def end_watch(key: str, *, at: datetime) -> None:
    """Watch no longer; what it found stays."""
    Watch.objects.filter(key=key, ended_at=None).update(ended_at=at)


def _check(words: str) -> None:
    if not any(not each.is_excluded for each in clauses_of(words)):
        raise ValidationError(_("Write the words to watch for."))
