from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from firstlight.library.models import Case, CaseVersion, Collection, Removal, Review, ReviewComment
from firstlight.library.queries.cases import series_of
from firstlight.library.rules import LANGUAGES, TEXT_FIELDS, TEXTS
from firstlight.library.rules.licences import licences
from firstlight.library.rules.orcid import BadOrcid, read_orcid
from firstlight.library.rules.sheets import FIELDS
from firstlight.outbreaks.forms import TagLinesField
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
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
            "consent",
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
        known = licences()
        own = self.instance.licence
        names = known if own in known or not own else [own, *known]
        self.fields["licence"] = forms.ChoiceField(choices=[(each, each) for each in names], label=_("Licence"))
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

    tags = TagLinesField(label=_("Case tags"), rows=8)


class AuthorForm(forms.Form):
    """One author, as readers see them."""

    family_name = forms.CharField(label=_("Family name"), max_length=100, required=False)
    given_name = forms.CharField(label=_("Given name"), max_length=100, required=False)
    name_ko = forms.CharField(label=_("Name in Korean"), max_length=100, required=False)
    orcid = forms.CharField(label=_("ORCID iD"), max_length=60, required=False)
    affiliation_en = forms.CharField(label=_("Affiliation in English"), max_length=200, required=False)
    affiliation_ko = forms.CharField(label=_("Affiliation in Korean"), max_length=200, required=False)
    member = forms.ModelChoiceField(
        Member.objects.filter(is_active=True), label=_("Is this member"), required=False, empty_label=_("Not a member")
    )

    def clean_orcid(self) -> str:
        """The iD in groups of four, its check digit right."""
        text = str(self.cleaned_data["orcid"]).strip()
        try:
            return read_orcid(text) if text else ""
        except BadOrcid as error:
            raise forms.ValidationError(_("This is no ORCID iD: four groups of four, the last one a check.")) from error

    def clean(self) -> dict[str, Any]:
        """A family name wherever anything is written."""
        data: dict[str, Any] = super().clean() or {}
        if any(data.values()) and not data.get("family_name"):
            self.add_error("family_name", _("An author needs a family name."))
        return data


AuthorFormSet = forms.formset_factory(AuthorForm, extra=2, max_num=40)


class PublishForm(forms.Form):
    """What readers are told of a new version."""

    kind = forms.ChoiceField(
        label=_("This version is"),
        choices=[each for each in CaseVersion.Kind.choices if each[0] != CaseVersion.Kind.FIRST],
        initial=CaseVersion.Kind.UPDATE,
        required=False,
    )
    reason_ko = forms.CharField(label=_("What was changed, and why, in Korean"), max_length=500, required=False)
    reason_en = forms.CharField(label=_("What was changed, and why, in English"), max_length=500, required=False)

    def clean_kind(self) -> str:
        """An update, where nothing is said."""
        return str(self.cleaned_data["kind"] or CaseVersion.Kind.UPDATE)


class RemovalForm(forms.Form):
    """Why readers lose a case; shown to them."""

    kind = forms.ChoiceField(label=_("The case is"), choices=Removal.Kind.choices, widget=forms.RadioSelect)
    reason_ko = forms.CharField(label=_("Why, in Korean"), max_length=500, required=False)
    reason_en = forms.CharField(label=_("Why, in English"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """At least one of the two reasons."""
        data: dict[str, Any] = super().clean() or {}
        if not (data.get("reason_ko") or data.get("reason_en")):
            raise forms.ValidationError(_("Write why, in one language at least: readers are told."))
        return data


class CommentForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """A remark on a part of a case."""

    class Meta:
        model = ReviewComment
        fields = ("part", "text", "is_required")
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012 — Django's own way of declaring them

    def __init__(self, *args: Any, may_require: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_require:
            del self.fields["is_required"]


class RecommendForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """A reviewer's judgement of the whole case."""

    class Meta:
        model = Review
        fields = ("recommendation", "certainty", "words")
        widgets = {"words": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012 — Django's own way of declaring them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recommendation"].required = True


class AskForm(forms.Form):
    """Whom to ask for a review."""

    reviewer = forms.ModelChoiceField(Member.objects.filter(is_active=True), label=_("Member"), empty_label="—")


class DoiForm(forms.Form):
    """The DOI that the society registered."""

    doi = forms.RegexField(
        r"^10\.\d{4,9}/\S+$",
        label=_("DOI"),
        max_length=120,
        required=False,
        help_text=_("As in 10.1000/182, once it is registered with the metadata of this page."),
    )


class SheetForm(forms.Form):
    """A table of cases."""

    file = forms.FileField(label=_("Table (CSV, comma, semicolon or tab)"))
    outbreak = forms.ModelChoiceField(
        Outbreak.objects.all(), label=_("Outbreak"), required=False, to_field_name="slug", empty_label=_("None")
    )


class MappingForm(forms.Form):
    """Which column each field of a case is read from."""

    def __init__(self, *args: Any, columns: Sequence[str], mapping: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Not in the table")), *((each, each) for each in columns)]
        for field in FIELDS:
            self.fields[field] = forms.ChoiceField(
                choices=choices, label=field, required=False, initial=mapping.get(field, "")
            )

    def chosen(self) -> dict[str, str]:
        """The fields that have a column."""
        return {field: column for field, column in self.cleaned_data.items() if column}


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """A collection's words in both languages, its address, its cover."""

    class Meta:
        model = Collection
        fields = ("title_ko", "title_en", "description_ko", "description_en", "slug", "cover", "is_public")
        widgets = {f"description_{each}": forms.Textarea(attrs={"rows": 4}) for each in LANGUAGES}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            del self.fields["cover"]
        else:
            self.fields["cover"].queryset = self.instance.cases.all()  # type: ignore[attr-defined]
            self.fields["cover"].label = _("Case that is its cover")

    def clean_slug(self) -> str:
        """An address that no page of its own has."""
        slug = str(self.cleaned_data["slug"])
        if slug == "new":
            raise forms.ValidationError(_("This address is taken by a page of its own."))
        return slug
