"""Registering the order systems whose signed calls are trusted."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from firstlight.audit.actions import record
from firstlight.guidance.cds.models import OrderSystem
from firstlight.guidance.cds.trust import usable_key
from firstlight.people.models import Member, Role

MOST_KEYS = 20


def can_register(member: object) -> bool:
    """Whether this person registers order systems."""
    return isinstance(member, Member) and member.has_role(Role.ADMINISTRATOR)


def check_can_register(member: object) -> None:
    """Order systems are registered by administrators."""
    if not can_register(member):
        raise PermissionDenied(_("Only administrators register order systems."))


class OrderSystemForm(forms.ModelForm[OrderSystem]):
    """An order system's name, who issues its tokens, and its public keys."""

    keys = forms.JSONField(
        label=_("Public keys (JWK Set)"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("As JSON: its P-384 or RSA keys, each with a kid. Private keys are refused."),
    )
    keys_url = forms.URLField(
        label=_("address of its public keys"), required=False, assume_scheme="https",
        help_text=_("jku of its tokens; https alone."),
    )  # fmt: skip

    class Meta:
        model = OrderSystem
        fields = ("name", "issuer", "keys", "keys_url")

    def clean_keys(self) -> dict[str, Any]:
        """Only public keys of our algorithms, each with its own name."""
        given = self.cleaned_data["keys"]
        keys = given.get("keys") if isinstance(given, dict) else None
        if not isinstance(keys, list) or not keys or len(keys) > MOST_KEYS:
            raise forms.ValidationError(_("A JWK Set is an object with a list of keys."))
        if not all(usable_key(each) and isinstance(each.get("kid"), str) and each["kid"] for each in keys):
            raise forms.ValidationError(
                _("Each key must be a public one for ES384 or RS384 (2048 bits or more) and have a kid.")
            )
        if len({each["kid"] for each in keys}) < len(keys):
            raise forms.ValidationError(_("Two keys have the same kid."))
        return {"keys": keys}

    def clean_keys_url(self) -> str:
        """An https address, since keys that anyone on the way may change are none."""
        given: str = self.cleaned_data["keys_url"]
        if given and urlsplit(given).scheme != "https":
            raise forms.ValidationError(_("Write an https address."))
        return given


@transaction.atomic
def register(form: OrderSystemForm, *, by: Member, at: datetime) -> OrderSystem:
    """Trust an order system's signed calls from now on."""
    check_can_register(by)
    system = form.save(commit=False)
    system.registered_by, system.registered_at = by, at
    system.save()
    record("order system registered", system, by=by, at=at, keys=len(system.keys["keys"]))
    return system


@transaction.atomic
def revoke(system: OrderSystem, *, by: Member, at: datetime) -> None:
    """Trust its calls no more; what it told stays."""
    check_can_register(by)
    if system.revoked_at is None:
        system.revoked_at = at
        system.save(update_fields=["revoked_at"])
        record("order system revoked", system, by=by, at=at)
