"""Findings and schemes in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from firstlight.reading.rules.findings import Findings, Value
from firstlight.reading.rules.results import Answer, Result
from firstlight.reading.rules.schemes import Factor, Scheme
from firstlight.reading.rules.vocabulary import Finding, Modality, vocabulary
from firstlight.web.languages import choose_wording

register = template.Library()


@dataclass(frozen=True)
class Line:
    """A finding in words; `key` is the first finding it speaks of."""

    label: str
    text: str
    key: str


def _words(subject: object, field: str = "label") -> str:
    return choose_wording(subject, field, (get_language() or "en")[:2]).text


def _answer_words(finding: Finding, value: Value) -> str:
    """An answer in words; options are joined by commas."""
    if isinstance(value, int):
        return str(value)
    keys = (value,) if isinstance(value, str) else value
    options = [option for option in finding.options if option.key in keys]
    unit = " %" if finding.kind == "percent" else ""
    return ", ".join(_words(option) for option in options) + unit


@register.filter
def in_words(findings: Findings) -> list[Line]:
    """Findings as lines of text, one a finding, the places of a family together."""
    lines = []
    for family, answers in groupby(findings, key=lambda each: each[0].family):
        given = list(answers)
        texts = [_with_place(finding, _answer_words(finding, value)) for finding, value in given]
        lines.append(Line(_words(vocabulary().families[family][0]), " · ".join(texts), given[0][0].key))
    return lines


def _with_place(finding: Finding, text: str) -> str:
    return f"{_words(finding.place)}: {text}" if finding.place else text


@register.filter
def answers_in_words(answers: Sequence[Answer]) -> str:
    """The answers that a sign was seen in."""
    return "; ".join(f"{_words(finding, 'full_label')}: {_answer_words(finding, value)}" for finding, value in answers)


@register.filter
def waits_for(result: Result) -> list[Line]:
    """The findings a result waits for, the places of a family together."""
    lines = []
    for family, missing in groupby(sorted(result.missing, key=_rank), key=lambda each: each.family):
        findings = list(missing)
        places = [_words(each.place) for each in findings if each.place]
        lines.append(Line(_words(vocabulary().families[family][0]), ", ".join(places), findings[0].key))
    return lines


def _rank(finding: Finding) -> int:
    return list(vocabulary().findings).index(finding.key)


@register.filter
def decided_first(results: Sequence[Result]) -> list[Result]:
    """The schemes that came to a result before those that wait for more, leaving out what has nothing to go by."""
    return sorted((each for each in results if each.begun), key=lambda each: not each.decided)


@register.filter
def digits(result: Result) -> str:
    """Each place's points in the scheme's order, a bar between right and left."""
    points = [str(term.points) for term in result.terms]
    half = len(points) // 2
    return f"{' '.join(points[:half])} | {' '.join(points[half:])}"


@register.filter
def points_in_words(factor: Factor) -> list[Line]:
    """Each answer of a factor with its points."""
    finding = factor.findings[0]
    unit = " %" if finding.kind == "percent" else ""
    return [Line(_words(option) + unit, str(factor.points[option.key]), option.key) for option in finding.options]


@register.filter
def modalities_of(scheme: Scheme) -> list[Modality]:
    """The kinds of image a scheme is made for."""
    return [each for each in vocabulary().modalities.values() if each.key in scheme.modalities]


@register.simple_tag
def mark_words(mark: str) -> str:
    """How sure a statement is."""
    return {
        "V": _("Read in the source"),
        "V2": _("Read second-hand"),
        "M": _("Not verified"),
    }[mark]


@register.simple_tag
def how_sure(mark: str) -> str:
    """How sure a statement is, as a mark; what was read in its source needs none."""
    if mark == "V":
        return ""
    return format_html('<span class="mark {}">{}</span>', "signoff" if mark == "M" else "draft", mark_words(mark))
