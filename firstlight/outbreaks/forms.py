from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from firstlight.outbreaks.hooks import Share, shares
from firstlight.outbreaks.models import WORDS, Outbreak, Phase


class ActivationForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """What an outbreak needs to begin; everything else can follow."""

    class Meta:
        model = Outbreak
        fields = ("slug", *WORDS)


class WordsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The same words once it is live; its address stays."""

    class Meta:
        model = Outbreak
        fields = WORDS


class PhaseForm(forms.ModelForm):  # type: ignore[type-arg]
    """The phase a response enters now, with a word on why."""

    class Meta:
        model = Phase
        fields = ("key", "note_ko", "note_en", "source")


def share_forms(plans: Mapping[str, Any], data: QueryDict | None = None) -> list[tuple[Share, forms.Form]]:
    """Every share with its form, filled with its plan or with what was sent."""
    return [(share, share.form(data, initial=plans.get(share.key, {}), prefix=share.key)) for share in shares()]
