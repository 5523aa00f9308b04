from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from firstlight.people.files import MOST_BYTES
from firstlight.people.models import ContactPoint, Institution, Member, Role, Specialty
from firstlight.people.queries import institutions_with_members
from firstlight.people.queries.directory import NOWHERE
from firstlight.people.rules.consent import CURRENT_WORDING

MEGABYTE = 1024 * 1024


class FilterForm(forms.Form):
    """Which members to list."""

    text = forms.CharField(label=_("Name or address"), required=False, max_length=120)
    institution: Any = forms.ModelChoiceField(
        None, label=_("Institution"), required=False, to_field_name="slug", empty_label=_("All")
    )
    role = forms.ChoiceField(label=_("Role"), required=False)
    reachable = forms.ChoiceField(label=_("Reached by"), required=False)
    inactive = forms.BooleanField(label=_("Those who were deactivated"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].queryset = institutions_with_members()  # type: ignore[attr-defined]
        choose(self.fields["role"], [("", _("All")), *Role.choices])
        ways = [*ContactPoint.Channel.choices, (NOWHERE, _("Nothing"))]
        choose(self.fields["reachable"], [("", _("All")), *ways])


def choose(field: forms.Field, choices: list[tuple[Any, Any]]) -> None:
    """Let a field offer these, in the language of the request."""
    field.choices = choices  # type: ignore[attr-defined]


class HandInForm(forms.Form):
    """A members' list, and what the society says of it."""

    file = forms.FileField(
        label=_("List of members"),
        help_text=_(
            "CSV or Excel (.xlsx), in UTF-8 or CP949. One line names the columns: name, e-mail, mobile phone, "
            "institution, specialty, language, role; Korean headings are understood too."
        ),
    )
    is_vouched = forms.BooleanField(
        label=_("The society vouches that these addresses belong to the members named beside them"),
        required=False,
        help_text=_("Otherwise each address is asked first, by a link or a code, and used when its member says yes."),
    )
    has_consent = forms.BooleanField(
        label=_("These members agreed to be written to over the addresses in the list"), required=False
    )
    consent_wording = forms.CharField(
        label=_("Version of the words they agreed to"), required=False, max_length=40, initial=CURRENT_WORDING
    )

    def clean_file(self) -> Any:
        """Not larger than a list can be."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large: at most 200 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        """A consent names the words it was given to."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("has_consent") and not data.get("consent_wording"):
            self.add_error("consent_wording", _("Say which version of the words they agreed to."))
        return {**data, "consent_wording": data.get("consent_wording", "") if data.get("has_consent") else ""}


class MemberForm(forms.Form):
    """What is known of a member."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=[("ko", _("Korean")), ("en", _("English"))])
    institution = forms.ModelChoiceField(
        Institution.objects.order_by("name_ko"), label=_("Institution"), required=False, empty_label=_("None")
    )
    specialty = forms.ChoiceField(label=_("Specialty"), required=False)
    time_zone = forms.CharField(
        label=_("Time zone"), required=False, max_length=40, help_text=_("As in Asia/Seoul; empty is the site's own.")
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self.fields["specialty"], [("", _("Not known")), *Specialty.choices])

    @classmethod
    def of(cls, member: Member) -> "MemberForm":
        """The form as the member is now."""
        names = ("name", "language", "institution", "specialty", "time_zone")
        roles = list(member.grants.values_list("role", flat=True))
        return cls(initial={**{name: getattr(member, name) for name in names}, "roles": roles})

    def clean_time_zone(self) -> str:
        """A zone that there is."""
        return check_time_zone(str(self.cleaned_data["time_zone"]).strip())


def check_time_zone(name: str) -> str:
    """The name of a time zone, or nothing; raises ValidationError."""
    if name and name not in available_timezones():
        raise forms.ValidationError(_("There is no such time zone. Write it as in Asia/Seoul."))
    return name


class NewMemberForm(MemberForm):
    """A member to add, with at least one address."""

    email = forms.EmailField(label=_("E-mail"), required=False, help_text=_("They sign in with it."))
    phone = forms.CharField(
        label=_("Mobile phone"),
        required=False,
        max_length=40,
        help_text=_("With a phone alone they are written to and have no account."),
    )
    field_order = ("name", "email", "phone", "language", "institution", "specialty", "roles", "time_zone")

    def clean(self) -> dict[str, Any]:
        """One of the two addresses, at least."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("email") and not data.get("phone"):
            raise forms.ValidationError(_("A member needs an e-mail address or a mobile phone."))
        return data


class ContactForm(forms.Form):
    """A member's address on one channel; empty takes it away."""

    channel = forms.ChoiceField(choices=ContactPoint.Channel.choices, widget=forms.HiddenInput)
    address = forms.CharField(label=_("Address"), required=False, max_length=254)
    is_vouched = forms.BooleanField(label=_("The society vouches for it: it is not asked first"), required=False)
