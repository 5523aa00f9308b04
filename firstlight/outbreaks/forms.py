from django import forms

from firstlight.outbreaks.models import Outbreak


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
