from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from firstlight.imaging.models import Peer
from firstlight.imaging.peers import fault_of
from firstlight.people.models import Member, Role

STANDINGS = tuple(each for each in Role if each is not Role.MEMBER)


class RevocationForm(forms.Form):
    """Why a signing key is trusted no longer."""

    why = forms.CharField(label=_("Why"), max_length=200)


class PeerForm(forms.ModelForm[Peer]):
    """A program that talks DICOM with the depository."""

    class Meta:
        model = Peer
        fields = (
            "ae_title", "networks", "member", "outbreak", "may_store", "may_find", "may_retrieve", "decides_by_scan",
            "host", "port", "uses_tls", "is_active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = Member.objects.filter(is_active=True).exclude(grants=None)
        standing = roles.filter(grants__role__in=STANDINGS) | roles.filter(pk=self.instance.member_id or 0)
        self.fields["member"] = forms.ModelChoiceField(
            standing.distinct(), label=_("Stands as"), help_text=self.fields["member"].help_text
        )
        if self.instance.pk:
            self.fields["ae_title"].disabled = True

    def clean(self) -> dict[str, Any]:
        """What cannot be together is said at the field that can mend it."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        fault = fault_of(found) if not self.errors else None
        if fault:
            self.add_error(*fault)
        return found
