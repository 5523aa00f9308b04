from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from firstlight.outbreaks.hooks import Share, shares
from firstlight.outbreaks.models import WORDS, Outbreak, Phase
from firstlight.outbreaks.rules import BadTagLine, tag_lines


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


class TagLinesField(forms.CharField):
    """Tags of an outbreak, one a line; what is cleaned is the text, every line in its form."""

    def __init__(self, *, rows: int, **given: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows})
        super().__init__(required=False, widget=widget, help_text=_("One a line: key | Korean | English"), **given)

    def clean(self, value: Any) -> str:
        """The text; raises ValidationError that names the first line out of its form."""
        text = str(super().clean(value))
        try:
            tag_lines(text)
        except BadTagLine as error:
            raise forms.ValidationError(
                _("Line %(line)d: write key | Korean | English, each key once."), params={"line": error.line}
            ) from error
        return text
