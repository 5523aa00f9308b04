"""The forms of the editors' desk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from firstlight.alerts.actions.writing import WORDS
from firstlight.alerts.models import Notice
from firstlight.alerts.queries.desk import LANGUAGE_NAMES
from firstlight.alerts.rules.standing import proposed_expiry
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Role, Specialty
from firstlight.web.languages import choose_wording

AUDIENCE = ("roles", "specialties", "institutions", "languages")
TITLE, SMS, BODY = "title", "sms", "body"


class BeginForm(forms.Form):
    """Which outbreak a new notice belongs to, if any."""

    outbreak = forms.ModelChoiceField(
        Outbreak.objects.all(),
        label=_("Outbreak"),
        required=False,
        to_field_name="slug",
        empty_label=_("None: the society's own news"),
    )


class MomentField(forms.DateTimeField):
    """A day and a time of day on the site's clock, as a browser's own picker writes it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """Everything an editor writes of a notice; what is still missing is no error before it is sent for review."""

    expires_at = MomentField(label=_("Stands until"), required=False)
    scheduled_for = MomentField(label=_("Send at"), required=False, help_text=_("Empty: as soon as it is approved."))
    written_at = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Notice
        fields = (
            *WORDS,
            "severity",
            "urgency",
            "certainty",
            "source",
            "expires_at",
            "scheduled_for",
            "wants_answer",
            "is_exercise",
        )
        widgets = {  # noqa: RUF012 — Django's own way of declaring them
            **{f"sms_{each}": forms.Textarea(attrs={"rows": 4, "data-sms": each}) for each in ("ko", "en")},
            **{f"body_{each}": forms.Textarea(attrs={"rows": 10}) for each in ("ko", "en")},
            "severity": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.audience
        for name, choices in _audience_choices().items():
            self.fields[name] = forms.MultipleChoiceField(
                choices=choices,
                label=_AUDIENCE_LABELS[name],
                required=False,
                initial=chosen.get(name, []),
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["wants_answer"].help_text = _("Each message carries a personal link, and the page counts.")
        self.initial["written_at"] = self.instance.written_at.isoformat()
        self.was_written_at = self.instance.written_at

    def clean(self) -> dict[str, Any]:
        """Refuse to write over what another editor saved after this page was opened."""
        data: dict[str, Any] = super().clean() or {}
        seen = str(data.pop("written_at", ""))
        if seen and not self.data.get("overwrite") and _moment(seen) != self.was_written_at:
            raise ValidationError(
                _("Someone else has saved this notice since you opened it. Your own words are still below."),
                code="changed",
            )
        return data

    def fields_to_write(self) -> dict[str, Any]:
        """What `write_notice` takes."""
        data = dict(self.cleaned_data)
        audience = {name: data.pop(name) for name in AUDIENCE if name in data}
        if self._end_follows_tier():
            data["expires_at"] = proposed_expiry(data["severity"], kind=self.instance.kind, at=self.instance.created_at)
        return {**data, "audience": {name: chosen for name, chosen in audience.items() if chosen}}

    def _end_follows_tier(self) -> bool:
        """Whether the tier was changed and the end is still the one that was proposed for the tier before."""
        if "severity" not in self.changed_data or "expires_at" in self.changed_data:
            return False
        proposed = proposed_expiry(self.initial["severity"], kind=self.instance.kind, at=self.instance.created_at)
        return bool(self.initial["expires_at"] == proposed)

    def texts(self) -> list[dict[str, Any]]:
        """Each text with its two fields, for the page."""
        return [
            {"name": name, "legend": self[f"{name}_en"].label, "ko": self[f"{name}_ko"], "en": self[f"{name}_en"]}
            for name in (TITLE, SMS, BODY)
        ]

    def audience_fields(self) -> list[Any]:
        """The choices that narrow the audience, for the page."""
        return [self[name] for name in AUDIENCE]

    def is_narrowed(self) -> bool:
        """Whether the notice is for some alone."""
        return any(self[name].value() for name in AUDIENCE)

    def is_overtaken(self) -> bool:
        """Whether another editor saved in the meantime."""
        return self.has_error("__all__", "changed")


_AUDIENCE_LABELS = {
    "roles": _("Roles"),
    "specialties": _("Specialties"),
    "institutions": _("Institutions"),
    "languages": _("Languages"),
}


def _audience_choices() -> dict[str, Sequence[tuple[str, Any]]]:
    language = get_language() or "en"
    institutions = [(each.slug, choose_wording(each, "name", language).text) for each in Institution.objects.all()]
    return {
        "roles": Role.choices,
        "specialties": Specialty.choices,
        "institutions": sorted(institutions, key=lambda each: each[1]),
        "languages": LANGUAGE_NAMES,
    }


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


class LinkForm(forms.Form):
    """A thing that a notice points at: what a search found, or an address as it is typed."""

    kind = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    key = forms.CharField(label=_("Address or DOI"), max_length=300)


class ReasonForm(forms.Form):
    """A sentence for the authors."""

    because = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class ApproveForm(forms.Form):
    """An approval of what was read, as it stood when the page was opened."""

    submitted_at = forms.CharField(widget=forms.HiddenInput)
    has_looked = forms.BooleanField(label=_("I have looked at these doubts"), required=False)

    def seen(self) -> datetime | None:
        """When the notice that the approver read was sent for review."""
        return _moment(str(self.cleaned_data["submitted_at"]))


class AloneForm(forms.Form):
    """Why one person issues a notice alone."""

    reason = forms.CharField(
        label=_("Why can this not wait for a second person?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Everyone who reads the notice will see this sentence and your name."),
    )


class FirstNoticeForm(forms.Form):
    """The draft of an outbreak's first notice; empty, none is begun."""

    title_ko = forms.CharField(label=_("Title in Korean"), required=False, max_length=150)
    title_en = forms.CharField(label=_("Title in English"), required=False, max_length=150)
    sms_ko = forms.CharField(label=_("Text message in Korean"), required=False, widget=forms.Textarea)
    sms_en = forms.CharField(label=_("Text message in English"), required=False, widget=forms.Textarea)
    body_ko = forms.CharField(label=_("Full text in Korean"), required=False, widget=forms.Textarea)
    body_en = forms.CharField(label=_("Full text in English"), required=False, widget=forms.Textarea)
