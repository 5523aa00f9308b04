from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from firstlight.library.models import Case
from firstlight.library.queries import series_of
from firstlight.library.rules import LANGUAGES, TEXT_FIELDS, TEXTS, BadTagLine, tag_lines
from firstlight.outbreaks.models import Outbreak
from firstlight.web.languages import choose_wording


class BeginForm(forms.Form):
    """Which outbreak a new case belongs to, if any."""

    outbreak = forms.ModelChoiceField(
        Outbreak.objects.all(), label=_("Outbreak"), required=False, to_field_name="slug", empty_label=_("None")
    )


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """A case's texts, each in both languages side by side."""

    class Meta:
        model = Case
        fields = (
            *TEXT_FIELDS,
            "references",
            "certainty",
            "licence",
            "sign_off",
            "sign_off_note_ko",
            "sign_off_note_en",
            "is_synthetic",
            "tags",
        )
        widgets = {  # noqa: RUF012 — Django's own way of declaring them
            **{f"{text}_{each}": forms.Textarea(attrs={"rows": 6}) for text in TEXTS[1:] for each in LANGUAGES},
            **{f"{text}_{each}": forms.TextInput() for text in ("title", "diagnosis") for each in LANGUAGES},
            "references": forms.Textarea(attrs={"rows": 5}),
            **{f"sign_off_note_{each}": forms.Textarea(attrs={"rows": 2}) for each in LANGUAGES},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outbreak = self.instance.outbreak
        named = (
            [(tag.key, choose_wording(tag, "label", get_language() or "en").text) for tag in outbreak.case_tags.all()]
            if outbreak
            else []
        )
        self.fields["tags"] = forms.MultipleChoiceField(
            choices=named, label=_("Tags"), required=False, widget=forms.CheckboxSelectMultiple
        )

    def pairs(self) -> list[dict[str, Any]]:
        """Each text with its two fields, for the page."""
        return [
            {"legend": self[f"{text}_en"].label, "ko": self[f"{text}_ko"], "en": self[f"{text}_en"]} for text in TEXTS
        ]


class KeyImageForm(forms.Form):
    """An image of the case, by its place in the stack as the viewer counts."""

    series: Any = forms.ModelChoiceField(None, label=_("Series"), empty_label=None)
    slice = forms.IntegerField(label=_("Image number"), min_value=1)
    caption_ko = forms.CharField(label=_("Caption in Korean"), max_length=300, required=False)
    caption_en = forms.CharField(label=_("Caption in English"), max_length=300, required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["series"]
        choice.queryset = series_of(case)  # type: ignore[attr-defined]
        choice.label_from_instance = lambda series: series.label or str(series.pk)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Turn the place in the stack into the image that lies there."""
        data: dict[str, Any] = super().clean() or {}
        series, place = data.get("series"), data.get("slice")
        if series and place:
            for instance in series.instances.all():
                if place <= instance.frame_count:
                    return {**data, "instance": instance, "frame": place}
                place -= instance.frame_count
            raise forms.ValidationError(_("This series has no image of that number."))
        return data


class ReasonForm(forms.Form):
    """A sentence for the authors."""

    why = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class TagsForm(forms.Form):
    """The words by which an outbreak's cases can be found."""

    tags = forms.CharField(
        label=_("Case tags"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One a line: key | Korean | English"),
    )

    def clean_tags(self) -> str:
        """Every line in its form."""
        text = str(self.cleaned_data["tags"])
        try:
            tag_lines(text)
        except BadTagLine as error:
            raise forms.ValidationError(
                _("Line %(line)d: write key | Korean | English, each key once."), params={"line": error.line}
            ) from error
        return text
