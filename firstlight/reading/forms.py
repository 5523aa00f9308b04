"""Forms made from the vocabulary: one for field reports, quiz, training and cohort, for any choice of findings."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from firstlight.reading.rules.contradictions import contradictions
from firstlight.reading.rules.findings import BadFindings, Findings, read_findings
from firstlight.reading.rules.vocabulary import Finding, Group, vocabulary
from firstlight.web.languages import choose_wording


def _in_page_language(subject: object, field: str) -> str:
    return choose_wording(subject, field, (get_language() or "en")[:2]).text


in_page_language = lazy(_in_page_language, str)


class SeveralField(forms.MultipleChoiceField):
    """Several answers, of which one that stands alone goes with no other."""

    def __init__(self, *, finding: Finding, modality: str, required: bool) -> None:
        self.finding = finding
        super().__init__(
            label=in_page_language(finding, "label"),
            help_text=in_page_language(finding, "help"),
            required=required,
            choices=_choices(finding, modality),
            widget=forms.CheckboxSelectMultiple,
        )

    def validate(self, value: list[str]) -> None:
        """Refuse “none” beside something; raises ValidationError."""
        super().validate(value)
        alone = [each for each in self.finding.options if each.alone and each.key in value]
        if alone and len(value) > 1:
            words = {"option": in_page_language(alone[0], "label")}
            raise ValidationError(_("“%(option)s” goes with no other choice."), params=words)


@dataclass(frozen=True)
class Question:
    """A finding on the form; one asked at several places has a row for each."""

    finding: Finding
    rows: tuple[forms.BoundField, ...]

    @property
    def by_place(self) -> bool:
        """Whether its rows are places."""
        return self.finding.place is not None


@dataclass(frozen=True)
class Section:
    """A group of questions; one that is folded on paper opens when something in it was given or is wrong."""

    group: Group
    questions: tuple[Question, ...]

    @property
    def open(self) -> bool:
        """Whether to show it opened."""
        fields = [field for question in self.questions for field in question.rows]
        return not self.group.folded or any(field.errors or field.value() for field in fields)


class FindingsForm(forms.Form):
    """Findings as a person gives them; when it is valid, `findings` holds them."""

    modality: ClassVar[str]
    asked: ClassVar[tuple[Finding, ...]]
    findings: Findings

    def clean(self) -> dict[str, Any]:
        """Make Findings of the answers, and ask again for what cannot be at once."""
        given = {key: value for key, value in self.cleaned_data.items() if value not in (None, "", [])}
        try:
            self.findings = read_findings({"modality": self.modality, "values": given})
        except BadFindings as error:
            self.add_error(error.key if error.key in self.fields else None, error.why)
            return self.cleaned_data
        for each in contradictions(self.findings):
            place = next((key for key in reversed(each.keys) if key in self.fields), None)
            self.add_error(place, in_page_language(each, "text"))
        return self.cleaned_data

    def sections(self) -> Iterator[Section]:
        """The questions by group, as `reading/form.html` shows them."""
        for group, in_group in groupby(self.asked, key=lambda each: each.group):
            families = groupby(in_group, key=lambda each: each.family)
            questions = [tuple(family) for _name, family in families]
            yield Section(
                vocabulary().groups[group],
                tuple(Question(each[0], tuple(self[finding.key] for finding in each)) for each in questions),
            )


def findings_form(
    modality: str, keys: Collection[str] | None = None, required: Collection[str] = ()
) -> type[FindingsForm]:
    """A form for one kind of image, with all its findings or those named in `keys`, by finding or by family.

    Raises BadFindings for a modality or a key that the vocabulary lacks.
    """
    return _findings_form(modality, None if keys is None else frozenset(keys), frozenset(required))


@cache
def _findings_form(modality: str, keys: frozenset[str] | None, required: frozenset[str]) -> type[FindingsForm]:
    _check_known(modality, (keys or frozenset()) | required)
    asked = tuple(
        each for each in vocabulary().findings_for(modality) if keys is None or {each.key, each.family} & keys
    )
    fields = {each.key: _field(each, modality, bool({each.key, each.family} & required)) for each in asked}
    return type("FindingsForm", (FindingsForm,), {"modality": modality, "asked": asked, **fields})


def _check_known(modality: str, keys: frozenset[str]) -> None:
    if modality not in vocabulary().modalities:
        raise BadFindings("modality", f"must be one of {', '.join(vocabulary().modalities)}")
    asked = vocabulary().findings_for(modality)
    unknown = keys - {each.key for each in asked} - {each.family for each in asked}
    if unknown:
        raise BadFindings(min(unknown), f"is not a finding of a {modality}")


def as_initial(findings: Findings) -> dict[str, Any]:
    """What to fill a form with, to change findings given before."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in findings.answers}


def _field(finding: Finding, modality: str, required: bool) -> forms.Field:
    if finding.kind == "several_of":
        return SeveralField(finding=finding, modality=modality, required=required)
    named: dict[str, Any] = {
        "label": in_page_language(finding.place or finding, "label"),
        "help_text": in_page_language(finding, "help"),
        "required": required,
    }
    if finding.kind == "integer":
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(min_value=finding.minimum, max_value=finding.maximum, widget=widget, **named)
    blank = [] if required else [("", _("Not given"))]
    return forms.ChoiceField(choices=[*blank, *_choices(finding, modality)], widget=forms.RadioSelect, **named)


def _choices(finding: Finding, modality: str) -> list[tuple[str, str]]:
    return [(each.key, in_page_language(each, "label")) for each in finding.options_for(modality)]
