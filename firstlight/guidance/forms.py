from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from firstlight.guidance.models import Doubt
from firstlight.guidance.rules.inputs import terms
from firstlight.guidance.shipped import shipped

# These words are addresses of their own under an outbreak's guidance.
RESERVED = frozenset({"now", "new", "draft"})


def _parents() -> list[tuple[str, str]]:
    return [("", str(_("Nothing: begin with an empty one"))), *((slug, slug) for slug in shipped())]


class GuidelineForm(forms.Form):
    """What an outbreak's own guideline begins from."""

    slug = forms.SlugField(label=_("Word in its address"), required=False, max_length=60)
    parent = forms.ChoiceField(label=_("Adapt a guideline that ships"), required=False, choices=_parents)

    def clean_slug(self) -> str:
        """A word that is no address of its own."""
        slug = str(self.cleaned_data["slug"]).lower()
        if slug in RESERVED:
            raise forms.ValidationError(_("This word is an address of the site. Choose another."))
        return slug


class BeginForm(GuidelineForm):
    """A guideline that somebody begins by hand, or brings as a file."""

    title_ko = forms.CharField(label=_("Title"), required=False, max_length=200)
    title_en = forms.CharField(label=_("Title"), required=False, max_length=200)
    is_own = forms.BooleanField(label=_("It is this society's own"), required=False, initial=True)
    file = forms.FileField(
        label=_("Or bring a whole guideline as a TOML file"), required=False, help_text=_("At most 1 MB.")
    )

    def clean(self) -> dict[str, Any]:
        """Either a file, or a slug and a title."""
        fields = super().clean() or {}
        if not fields.get("file") and not (fields.get("slug") and (fields.get("title_ko") or fields.get("title_en"))):
            raise forms.ValidationError(_("Give it a word for its address and a title, or bring a file."))
        return fields

    def clean_file(self) -> Any:
        """A file of a guideline's size."""
        file = self.cleaned_data["file"]
        if file and file.size > 1_000_000:
            raise forms.ValidationError(_("At most 1 MB."))
        return file


class TextForm(forms.Form):
    """A draft's whole text."""

    text = forms.CharField(
        label=_("The guideline as TOML"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 34, "spellcheck": "false", "class": "code", "data-checked": ""}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


def _named(kind: str) -> list[tuple[str, str]]:
    language = get_language() or "en"
    return [(name, term.label.in_language(language)) for name, term in terms(kind).items()]


def _modalities() -> list[tuple[str, str]]:
    return _named("modalities")


def _purposes() -> list[tuple[str, str]]:
    return _named("purposes")


def _directions() -> list[tuple[str, str]]:
    return _named("directions")


def _strengths() -> list[tuple[str, str]]:
    return _named("strengths")


def _certainties() -> list[tuple[str, str]]:
    return _named("certainties")


def _verbs() -> list[tuple[str, str]]:
    return _named("verbs")


def _marks() -> list[tuple[str, str]]:
    return _named("marks")


class RecommendationForm(forms.Form):
    """One recommendation, entry by entry."""

    id = forms.CharField(label=_("Its name"), max_length=60)
    question = forms.ChoiceField(label=_("Key question"), required=False)
    when = forms.CharField(
        label=_("When it applies"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "code"}),
        help_text=_('One line an input, all must hold, as in: symptoms = ["fever", "respiratory"]'),
    )
    modalities = forms.MultipleChoiceField(
        label=_("Examination"), choices=_modalities, widget=forms.CheckboxSelectMultiple
    )
    purposes = forms.MultipleChoiceField(label=_("Purpose"), choices=_purposes, widget=forms.CheckboxSelectMultiple)
    direction = forms.ChoiceField(label=_("Direction"), choices=_directions, widget=forms.RadioSelect)
    verb = forms.ChoiceField(label=_("Verb"), choices=_verbs)
    strength = forms.ChoiceField(label=_("Strength"), choices=_strengths)
    certainty = forms.ChoiceField(label=_("Certainty"), choices=_certainties)
    text_ko = forms.CharField(label=_("Words"), widget=forms.Textarea(attrs={"rows": 3}))
    text_en = forms.CharField(label=_("Words"), widget=forms.Textarea(attrs={"rows": 3}))
    sources = forms.MultipleChoiceField(label=_("Sources"), required=False, widget=forms.CheckboxSelectMultiple)
    mark = forms.ChoiceField(label=_("How it was read"), choices=_marks)
    unverified_ko = forms.CharField(label=_("Which part is not verified"), required=False)
    unverified_en = forms.CharField(label=_("Which part is not verified"), required=False)
    yields_to = forms.MultipleChoiceField(label=_("Gives way to"), required=False, widget=forms.CheckboxSelectMultiple)
    watch = forms.CharField(
        label=_("Papers to watch for"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One search a line."),
    )

    def __init__(
        self,
        *arguments: Any,
        sources: Iterable[str] = (),
        questions: Iterable[str] = (),
        others: Iterable[str] = (),
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        _offer(self.fields["sources"], sources)
        _offer(self.fields["yields_to"], others)
        _offer(self.fields["question"], ["", *questions])

    def clean_watch(self) -> list[str]:
        """The searches, one a line."""
        return [line.strip() for line in self.cleaned_data["watch"].splitlines() if line.strip()]


def _offer(field: forms.Field, names: Iterable[str]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = [(name, name) for name in names]


class ReturnForm(forms.Form):
    because = forms.CharField(label=_("What has to change"), max_length=500)


class SettleForm(forms.Form):
    """What became of a recommendation under review."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=Doubt.Outcome.choices)
    note = forms.CharField(label=_("Why"), max_length=500)
