"""The forms of a member's own page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from firstlight.alerts.queries.membership import Topic
from firstlight.people.actions import ChannelWish
from firstlight.people.forms import check_time_zone
from firstlight.people.models import ContactPoint, Member, Severity

CODE_DIGITS = 6


class WishesForm(forms.Form):
    """What a member wants, where and when; one set of fields for each address they have."""

    language = forms.ChoiceField(label=_("Language"), choices=[("ko", _("Korean")), ("en", _("English"))])
    topics = forms.MultipleChoiceField(
        label=_("Topics"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Emergencies of a topic you leave do not reach you either."),
    )
    digest = forms.ChoiceField(
        label=_("Digest by e-mail"),
        choices=Member.Digest.choices,
        widget=forms.RadioSelect,
        help_text=_("New notices and cases in one e-mail, at half past seven. Nothing new, no mail."),
    )
    weekly_cap = forms.IntegerField(
        label=_("At most this many notices a week"),
        required=False,
        min_value=0,
        max_value=1000,
        help_text=_("What does not press waits for the digest; warnings and emergencies always come. Empty: as usual."),
    )
    time_zone = forms.CharField(
        label=_("Time zone"), required=False, max_length=40, help_text=_("As in Asia/Seoul; empty is the site's own.")
    )

    def __init__(self, *args: Any, member: Member, topics: Sequence[Topic], **kwargs: Any) -> None:
        self.contacts = list(member.contacts.all())
        self.offered = list(topics)
        kwargs.setdefault("initial", _initial(member, self.contacts, topics))
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = [(each.key, each.label) for each in topics]  # type: ignore[attr-defined]
        for contact in self.contacts:
            self.fields |= _channel_fields(contact)

    def channels(self) -> list[dict[str, Any]]:
        """Each address with its fields, for the page."""
        return [
            {"contact": each, "fields": [self[f"{each.channel}_{name}"] for name in CHANNEL_FIELDS]}
            for each in self.contacts
        ]

    def clean_time_zone(self) -> str:
        """A zone that there is."""
        return check_time_zone(str(self.cleaned_data["time_zone"]).strip())

    def clean(self) -> dict[str, Any]:
        """Quiet hours begin and end."""
        data: dict[str, Any] = super().clean() or {}
        for contact in self.contacts:
            begins, ends = (data.get(f"{contact.channel}_{name}") for name in ("quiet_from", "quiet_until"))
            if (begins is None) != (ends is None):
                self.add_error(f"{contact.channel}_quiet_until", _("Say when the quiet begins and when it ends."))
        return data

    def wishes(self) -> dict[str, ChannelWish]:
        """Each channel's wish, once the form is valid."""
        data = self.cleaned_data
        return {
            each.channel: ChannelWish(
                int(data[f"{each.channel}_least_severity"]),
                data[f"{each.channel}_quiet_from"],
                data[f"{each.channel}_quiet_until"],
            )
            for each in self.contacts
        }


CHANNEL_FIELDS = ("is_wanted", "least_severity", "quiet_from", "quiet_until")


def _channel_fields(contact: ContactPoint) -> dict[str, forms.Field]:
    def clock() -> forms.TimeInput:
        return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    fields: dict[str, forms.Field] = {
        "is_wanted": forms.BooleanField(label=_("Write to me here"), required=False),
        "least_severity": forms.ChoiceField(label=_("From which tier"), choices=Severity.choices),
        "quiet_from": forms.TimeField(label=_("Quiet from"), required=False, widget=clock()),
        "quiet_until": forms.TimeField(
            label=_("Quiet until"), required=False, widget=clock(), help_text=_("Only emergencies break the quiet.")
        ),
    }
    return {f"{contact.channel}_{name}": fields[name] for name in CHANNEL_FIELDS}


def _initial(member: Member, contacts: Sequence[ContactPoint], topics: Sequence[Topic]) -> dict[str, Any]:
    initial: dict[str, Any] = {
        name: getattr(member, name) for name in ("language", "digest", "weekly_cap", "time_zone")
    }
    initial["topics"] = [each.key for each in topics if each.is_wanted]
    for contact in contacts:
        initial |= {f"{contact.channel}_{name}": getattr(contact, name) for name in CHANNEL_FIELDS}
    return initial


class AddressForm(forms.Form):
    """A new address on one channel."""

    channel = forms.ChoiceField(choices=ContactPoint.Channel.choices, widget=forms.HiddenInput)
    address = forms.CharField(label=_("New address"), max_length=254)


class CodeForm(forms.Form):
    """A phone, and the code that was sent to it."""

    phone = forms.CharField(
        label=_("Mobile phone"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    code = forms.CharField(
        label=_("Code of six digits"),
        max_length=CODE_DIGITS + 4,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        """The digits alone."""
        digits = "".join(each for each in str(self.cleaned_data["code"]) if each.isdecimal())
        if len(digits) != CODE_DIGITS:
            raise forms.ValidationError(_("The code has six digits."))
        return digits
