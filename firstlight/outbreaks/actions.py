from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.outbreaks.hooks import dependents_of, shares
from firstlight.outbreaks.models import RESERVED_SLUGS, WORDS, Outbreak, OutbreakVersion, Phase, Preparation, SetUp
from firstlight.outbreaks.policies import check_can_activate
from firstlight.outbreaks.rules import blueprints
from firstlight.people.models import Member

Plans = Mapping[str, Mapping[str, Any]]


def prepare_outbreak(
    *, blueprint: str, slug: str, by: Member | str, at: datetime, fields: dict[str, str], plans: Plans | None = None
) -> Preparation:
    """Begin an outbreak from a blueprint, or change one that is not live yet; raises ValidationError by field."""
    check_can_activate(by)
    chosen = blueprints().get(blueprint)
    if chosen is None:
        raise ValidationError(_("There is no blueprint of that name."))
    words = {**chosen.outbreak, **fields}
    Outbreak(slug=slug, activated_at=at, **words).full_clean()
    _check_slug(slug)
    preparation, _made = Preparation.objects.update_or_create(
        slug=slug,
        defaults={
            "blueprint": blueprint,
            "fields": words,
            "plans": plans_from(chosen.shares, plans or {}),
            "prepared_at": at,
        },
    )
    record("outbreak.prepared", preparation, by=by, at=at, blueprint=blueprint)
    return preparation


def plans_from(proposed: Plans, given: Plans) -> dict[str, dict[str, Any]]:
    """A checked plan for every registered share: what was given, else what the blueprint proposes.

    Raises ValidationError, naming the share, for a plan that its form refuses.
    """
    plans: dict[str, dict[str, Any]] = {}
    for share in shares():
        form = share.form({**proposed.get(share.key, {}), **given.get(share.key, {})})
        if not form.is_valid():
            sentences = [str(error) for errors in form.errors.values() for error in errors]
            raise ValidationError(f"{share.label}: {' '.join(sentences)}")
        plans[share.key] = form.cleaned_data
    return plans


def _check_slug(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError({"slug": _("This word is an address of the site. Choose another.")})


@transaction.atomic
def go_live(preparation: Preparation, *, by: Member | str, at: datetime) -> Outbreak:
    """Switch a prepared outbreak on: every app that registered sets up its share, all or none."""
    outbreak = activate_outbreak(by=by, at=at, slug=preparation.slug, plans=preparation.plans, **preparation.fields)
    preparation.delete()
    return outbreak


@transaction.atomic
def activate_outbreak(*, by: Member | str, at: datetime, plans: Plans | None = None, **fields: Any) -> Outbreak:
    """Switch an outbreak on with the shares it has plans for; raises ValidationError for what is missing or taken."""
    check_can_activate(by)
    outbreak = Outbreak(activated_at=at, **fields)
    _check_slug(outbreak.slug)
    outbreak.full_clean()
    outbreak.save()
    _put_in_force(outbreak, at=at)
    begin_phase(outbreak, Phase.Key.WATCH, by=by, at=at)
    record("outbreak.activated", outbreak, by=by, at=at)
    set_up_shares(outbreak, plans or {}, by=by, at=at)
    return outbreak


@transaction.atomic
def rewrite_outbreak(outbreak: Outbreak, *, by: Member | str, at: datetime, **words: str) -> Outbreak:
    """Change what an outbreak's record says from that moment on; before it, pages keep saying what they said."""
    check_can_activate(by)
    outbreak = Outbreak.objects.select_for_update().get(pk=outbreak.pk)
    changed = {name: text for name, text in words.items() if name in WORDS and getattr(outbreak, name) != text}
    if not changed:
        return outbreak
    for name, text in changed.items():
        setattr(outbreak, name, text)
    outbreak.full_clean()
    outbreak.save()
    _put_in_force(outbreak, at=at)
    record("outbreak.rewritten", outbreak, by=by, at=at, fields=sorted(changed))
    return outbreak


def _put_in_force(outbreak: Outbreak, *, at: datetime) -> None:
    outbreak.versions.filter(in_force_until__isnull=True).update(in_force_until=at)
    OutbreakVersion.objects.create(
        outbreak=outbreak,
        number=outbreak.versions.count() + 1,
        document={name: getattr(outbreak, name) for name in WORDS},
        in_force_from=at,
    )


@transaction.atomic
def set_up_shares(outbreak: Outbreak, plans: Plans, *, by: Member | str, at: datetime) -> list[str]:
    """Set up every share that has a plan and is not set up yet, and name them; so an app that came later joins in."""
    check_can_activate(by)
    there = set(outbreak.set_ups.values_list("share", flat=True))
    new = [share for share in shares() if share.key in plans and share.key not in there]
    for share in new:
        share.set_up(outbreak, plans[share.key], by=by, at=at)
        SetUp.objects.create(outbreak=outbreak, share=share.key, plan=dict(plans[share.key]), set_up_at=at)
        record("outbreak.share_set_up", outbreak, by=by, at=at, share=share.key)
    return [share.key for share in new]


@transaction.atomic
def undo_activation(outbreak: Outbreak, *, by: Member | str, at: datetime) -> Preparation:
    """Take an activation back, into the preparation it came from; refused once anything hangs on the outbreak."""
    check_can_activate(by)
    if hanging := dependents_of(outbreak):
        raise ValidationError([_("It cannot be undone any more."), *hanging])
    fields = {
        field.name: getattr(outbreak, field.name)
        for field in Outbreak._meta.concrete_fields
        if field.name not in {"id", "slug", "activated_at", "closed_at", "is_replay"}
    }
    preparation = Preparation.objects.create(
        slug=outbreak.slug,
        blueprint="",
        fields=fields,
        plans={each.share: each.plan for each in outbreak.set_ups.all()},
        prepared_at=at,
    )
    for share in reversed(shares()):
        share.take_back(outbreak)
    record("outbreak.undone", outbreak, by=by, at=at, slug=outbreak.slug)
    outbreak.delete()
    return preparation


@transaction.atomic
def begin_phase(outbreak: Outbreak, key: str, *, by: Member | str, at: datetime, **notes: str) -> Phase:
    """Enter a phase of the response, from that moment on; the same moment again replaces it."""
    check_can_activate(by)
    phase, _made = Phase.objects.update_or_create(
        outbreak=outbreak, began_at=at, defaults={"key": Phase.Key(key), **notes}
    )
    record("outbreak.phase", outbreak, by=by, at=at, phase=phase.key)
    return phase


@transaction.atomic
def close_outbreak(outbreak: Outbreak, *, by: Member | str, at: datetime) -> Outbreak:
    """End the response: the outbreak stays readable and leaves the list of current ones."""
    check_can_activate(by)
    if outbreak.closed_at is not None:
        raise ValidationError(_("It is closed already."))
    outbreak.closed_at = at
    outbreak.full_clean()
    outbreak.save(update_fields=["closed_at"])
    record("outbreak.closed", outbreak, by=by, at=at)
    return outbreak


@transaction.atomic
def reopen_outbreak(outbreak: Outbreak, *, by: Member | str, at: datetime) -> Outbreak:
    """Take a closing back."""
    check_can_activate(by)
    outbreak.closed_at = None
    outbreak.save(update_fields=["closed_at"])
    record("outbreak.reopened", outbreak, by=by, at=at)
    return outbreak
