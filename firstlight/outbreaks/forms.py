from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from firstlight.outbreaks.hooks import Share, shares
from firstlight.outbreaks.models import Outbreak, Phase


class ActivationForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """What an outbreak needs to begin; everything else can follow."""

    class Meta:
        model = Outbreak
        fields = (
            "slug",
            "name_ko",
            "name_en",
            "disease_ko",
            "disease_en",
            "icd10",
            "summary_ko",
            "summary_en",
            "case_definition_ko",
            "case_definition_en",
            "case_definition_source",
        )


class PhaseForm(forms.ModelForm):  # type: ignore[type-arg]
    """The phase a response enters now, with a word on why."""

    class Meta:
        model = Phase
        fields = ("key", "note_ko", "note_en", "source")


def share_forms(plans: Mapping[str, Any], data: QueryDict | None = None) -> list[tuple[Share, forms.Form]]:
    """Every share with its form, filled with its plan or with what was sent."""
    return [(share, share.form(data, initial=plans.get(share.key, {}), prefix=share.key)) for share in shares()]
