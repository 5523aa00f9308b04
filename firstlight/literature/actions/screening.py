"""Put papers before an outbreak's editors, let them decide, and keep what was decided when."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.literature.models import Decision, Listing, Plan, Vote
from firstlight.literature.policies import check_can_screen
from firstlight.literature.rules.screening import outcome_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

AT_ONCE = 500


def put_before_editors(papers: Sequence[int], *, outbreak: Outbreak, at: datetime) -> int:
    """Let an outbreak's editors decide on these papers; those they have already stay as they are."""
    before = Listing.objects.filter(outbreak=outbreak).count()
    rows = [Listing(outbreak=outbreak, paper_id=each, listed_at=at) for each in papers]
    Listing.objects.bulk_create(rows, AT_ONCE, ignore_conflicts=True)
    return Listing.objects.filter(outbreak=outbreak).count() - before


def include_at_once(papers: Iterable[int], *, outbreak: Outbreak, reason: str, by: Member | str, at: datetime) -> int:
    """Take papers into an outbreak's list without a vote, as an editor or a command says; gives how many were new."""
    wanted = list(papers)
    put_before_editors(wanted, outbreak=outbreak, at=at)
    count = 0
    for start in range(0, len(wanted), AT_ONCE):
        # What an editor left out stays out.
        waiting = Listing.objects.filter(outbreak=outbreak, state=Listing.State.WAITING)
        for listing in waiting.filter(paper__in=wanted[start : start + AT_ONCE]):
            _decide(listing, is_included=True, reason=reason, at=at)
            count += 1
    if count:
        record("papers.included", outbreak, by=by, at=at, count=count, reason=reason)
    return count


@transaction.atomic
def vote(
    listing: Listing, *, is_included: bool, reason: str, by: Member, at: datetime, settles: bool = False
) -> Listing:
    """One screener's word; with as many alike as the plan asks for, that is the decision.

    Raises ValidationError when a reason is missing, or when somebody settles what nobody disputes.
    """
    check_can_screen(by)
    listing = Listing.objects.select_for_update().select_related("outbreak", "paper").get(pk=listing.pk)
    if not is_included and not reason.strip():
        raise ValidationError(_("Say why the paper is left out."))
    if settles and listing.state != Listing.State.CONFLICT:
        raise ValidationError(_("There is no disagreement to settle."))
    if settles and listing.votes.filter(member=by).exists():
        raise ValidationError(_("Somebody who has not voted yet settles a disagreement."))
    words = {"is_included": is_included, "reason": reason.strip()[:120], "voted_at": at, "settles": settles}
    Vote.objects.update_or_create(listing=listing, member=by, defaults=words)
    _settle(listing, at)
    record("paper.screened", listing, by=by, at=at, included=is_included, state=listing.state)
    return listing


def _settle(listing: Listing, at: datetime) -> None:
    votes = list(listing.votes.order_by("voted_at", "pk"))
    needed = Plan.objects.filter(outbreak=listing.outbreak).values_list("screeners", flat=True).first() or 1
    state = outcome_of([(each.is_included, each.settles) for each in votes], needed)
    if state in {Listing.State.INCLUDED, Listing.State.EXCLUDED}:
        _decide(listing, is_included=state == Listing.State.INCLUDED, reason=votes[-1].reason, at=at)
        return
    if listing.state != state:
        _end_decision(listing, at)
        listing.state = state
        listing.save(update_fields=["state"])


def _decide(listing: Listing, *, is_included: bool, reason: str, at: datetime) -> None:
    """Put a decision in force; the one before ends then."""
    now = listing.decisions.filter(in_force_until=None).first()
    if now is None or now.is_included != is_included:
        _end_decision(listing, at)
        Decision.objects.create(listing=listing, is_included=is_included, reason=reason[:120], in_force_from=at)
    listing.state = Listing.State.INCLUDED if is_included else Listing.State.EXCLUDED
    if is_included and listing.included_at is None:
        listing.included_at = at
    listing.save(update_fields=["state", "included_at"])


def _end_decision(listing: Listing, at: datetime) -> None:
    listing.decisions.filter(in_force_until=None, in_force_from__gte=at).delete()
    listing.decisions.filter(in_force_until=None).update(in_force_until=at)


@transaction.atomic
def describe(listing: Listing, *, tags: Sequence[str], note_ko: str, note_en: str, by: Member, at: datetime) -> None:
    """Keep a listing's tags and why the paper matters; raises ValidationError for a tag the outbreak has not."""
    check_can_screen(by)
    known = set(listing.outbreak.paper_tags.values_list("key", flat=True))
    if not set(tags) <= known:
        raise ValidationError(_("This outbreak has no such tag."))
    listing.tags, listing.note_ko, listing.note_en = sorted(set(tags)), note_ko.strip(), note_en.strip()
    listing.save(update_fields=["tags", "note_ko", "note_en"])
    record("paper.described", listing, by=by, at=at, tags=listing.tags)
