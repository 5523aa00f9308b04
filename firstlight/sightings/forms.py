from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from firstlight.reading.forms import FindingsForm, findings_form
from firstlight.sightings.actions import refuse_identifiers
from firstlight.sightings.models import Sighting

# What can be tapped in half a minute; the rest belongs into a structured read.
SHORT = ("opacities", "laterality", "lobes", "location", "effusion", "lymph_nodes")
READ_AS = {Sighting.Modality.CT: "ct", Sighting.Modality.RADIOGRAPH: "radiograph"}


def findings_forms(posted: Mapping[str, Any] | None) -> dict[str, FindingsForm]:
    """For each kind of examination that findings can be given for, their short form."""
    return {kind.value: _short_form(modality)(posted, prefix=modality) for kind, modality in READ_AS.items()}


def _short_form(modality: str) -> type[FindingsForm]:
    asked = findings_form(modality).base_fields
    return findings_form(modality, [key for key in SHORT if key in asked])


class ReportForm(forms.ModelForm[Sighting]):
    """What can be told in a minute; everything but the examination and the diagnosis may be left out."""

    class Meta:
        model = Sighting
        fields = ("key", "modality", "confirmation", "seen_on", "patients", "text", "tips", "may_be_named")
        widgets = {  # noqa: RUF012 — Django's own way of writing it
            "key": forms.HiddenInput,
            "modality": forms.RadioSelect,
            "confirmation": forms.RadioSelect,
            "seen_on": forms.DateInput(attrs={"type": "date"}),
            "patients": forms.NumberInput(attrs={"min": 1, "max": 999, "inputmode": "numeric"}),
            "text": forms.Textarea(attrs={"rows": 5}),
            "tips": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {  # noqa: RUF012
            "text": _("Age group and course are enough. No name, number, date of birth or chart number."),
            "tips": _("What made the examination safer or quicker: route, position, cleaning, protection."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"key": uuid4(), "patients": 1, **kwargs.get("initial", {})}})
        self.fields["modality"].choices = Sighting.Modality.choices  # type: ignore[attr-defined]  # no empty choice
        self.fields["confirmation"].choices = Sighting.Confirmation.choices  # type: ignore[attr-defined]

    def validate_unique(self) -> None:
        """The same key again is the same report, not a mistake."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        refuse_identifiers(cleaned)
        if not cleaned.get("text") and not cleaned.get("tips") and not self.has_findings:
            raise ValidationError(_("Say at least one thing: a finding, a sentence, or a tip."))
        return cleaned

    has_findings = False


class WordForm(forms.Form):
    word = forms.CharField(label=_("A word to the author"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
