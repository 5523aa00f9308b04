"""What cases can be narrowed by, with the words a page has for each value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from firstlight.library.hooks import Diagnosis
from firstlight.library.models import Case, CaseTag
from firstlight.library.search.fields import Seen
from firstlight.outbreaks.models import Outbreak
from firstlight.reading.rules.vocabulary import vocabulary
from firstlight.web.keeping import for_a_moment
from firstlight.web.languages import choose_wording

KINDS = {
    "outbreak": _("Outbreak"),
    "modality": _("Modality"),
    "diagnosis": _("Diagnosis"),
    "finding": _("Finding"),
    "tag": _("Tag"),
    "certainty": _("Certainty of the diagnosis"),
    "sign_off": _("Sign-off"),
    "synthetic": _("Patient"),
    "times": _("Points in time"),
    "language": _("Language"),
    "year": _("Year of publication"),
}
Names = Mapping[str, str]


@dataclass(frozen=True)
class Context:
    """What labels are made from: the page's language and the diagnoses known at its moment."""

    language: str
    diagnoses: Sequence[Diagnosis]


def labels_of(kind: str, values: Sequence[str], context: Context) -> Names:
    """The label of each value that may be shown; one without stays unsaid."""
    return _LABELS[kind](values, context)


def _outbreaks(values: Sequence[str], context: Context) -> Names:
    known = for_a_moment("outbreaks by slug", lambda: {each.slug: each for each in Outbreak.objects.all()})
    return {each: choose_wording(known[each], "name", context.language).text for each in values if each in known}


def _diagnoses(values: Sequence[str], context: Context) -> Names:
    known = {each.key: each for each in context.diagnoses if each.is_open}
    return {each: choose_wording(known[each], "label", context.language).text for each in values if each in known}


def finding_labels(values: Sequence[str], context: Context) -> Names:
    """Findings as FINDING=OPTION, in the words of the reading vocabulary."""
    labels = {key: _finding_label(key, context.language) for key in values}
    return {key: label for key, label in labels.items() if label}


@lru_cache(maxsize=4096)
def _finding_label(key: str, language: str) -> str:
    """The vocabulary that is shipped does not change while a process runs."""
    seen = _seen(key)
    return choose_wording(seen, "label", language).text if seen else ""


def _seen(key: str) -> Seen | None:
    name, _equals, chosen = key.partition("=")
    finding = vocabulary().findings.get(name)
    option = finding.option(chosen) if finding else None
    return Seen(finding, option) if finding and option else None


def _tags(values: Sequence[str], context: Context) -> Names:
    found = {
        each.key: choose_wording(each, "label", context.language).text
        for each in for_a_moment("all case tags", lambda: list(CaseTag.objects.all()))
    }
    return {each: found.get(each, each) for each in values}


def _fixed(names: Mapping[str, object]) -> Callable[[Sequence[str], Context], Names]:
    return lambda values, _context: {each: str(names[each]) for each in values if each in names}


def _as_they_are(values: Sequence[str], _context: Context) -> Names:
    return {each: each for each in values}


_LABELS: dict[str, Callable[[Sequence[str], Context], Names]] = {
    "outbreak": _outbreaks,
    "modality": _as_they_are,
    "diagnosis": _diagnoses,
    "finding": finding_labels,
    "tag": _tags,
    "certainty": _fixed({str(each): each.label for each in Case.Certainty}),
    "sign_off": _fixed({str(each): each.label for each in Case.SignOff}),
    "synthetic": _fixed({"yes": _("Synthetic patient"), "no": _("Real patient")}),
    "times": _fixed({"several": _("Images of several points in time")}),
    "language": _fixed({"ko": "한국어", "en": "English"}),
    "year": _as_they_are,
}
