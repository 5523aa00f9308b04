"""What a scheme makes of findings: its category or score, how it was reached, or what is missing. It never guesses."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from firstlight.reading.rules.conditions import Sign as NamedSign
from firstlight.reading.rules.conditions import Some, Verdict, judge
from firstlight.reading.rules.findings import Findings, Value
from firstlight.reading.rules.schemes import Category, Factor, Scheme, Score, Sign, schemes_for
from firstlight.reading.rules.vocabulary import Finding, Place, vocabulary

Answer = tuple[Finding, Value]


@dataclass(frozen=True)
class Cause:
    """A sign that led to the result, and the answers it was seen in."""

    sign: Sign
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Term:
    """One place's part in a score: its points, or None with the least and most they could be."""

    place: Place | None
    answers: tuple[Answer, ...]
    points: int | None
    least: int
    most: int


@dataclass(frozen=True)
class Result:
    """What one scheme makes of one reader's findings.

    Decided, it has a category or a score with its `because` or `terms`. Else `missing` lists the findings it waits for
    and `possible` the categories still open; nothing missing and nothing decided means that no category fits.
    A score that waits still says between which `least` and `most` it will lie.
    """

    scheme: Scheme
    begun: bool
    category: Category | None = None
    score: int | None = None
    because: tuple[Cause, ...] = ()
    terms: tuple[Term, ...] = ()
    missing: tuple[Finding, ...] = ()
    possible: tuple[Category, ...] = ()
    least: int = 0
    most: int = 0

    @property
    def decided(self) -> bool:
        """Whether there is a category or a score."""
        return self.category is not None or self.score is not None

    @property
    def fits_none(self) -> bool:
        """Whether everything asked for was given and yet no category fits."""
        return not self.decided and not self.missing


def compute_all(findings: Findings, only: Iterable[str] | None = None) -> tuple[Result, ...]:
    """Every scheme for this kind of image, or the ones named by key, computed from the same findings."""
    wanted = None if only is None else set(only)
    return tuple(
        compute(scheme, findings) for scheme in schemes_for(findings.modality) if wanted is None or scheme.key in wanted
    )


def compute(scheme: Scheme, findings: Findings) -> Result:
    """What this scheme makes of the findings; raises ValueError for a scheme of another kind of image."""
    if findings.modality not in scheme.modalities:
        raise ValueError(f"{scheme.key} is not made for a {findings.modality}")
    if scheme.score:
        return _scored(scheme, scheme.score, findings)
    return _classified(scheme, findings)


def _classified(scheme: Scheme, findings: Findings) -> Result:
    """The first category in the scheme's order whose condition holds, if none before it is still open."""
    signs = _judged_signs(scheme, findings)
    open_verdicts: dict[Category, Verdict] = {}
    reached: Category | None = None
    for category in scheme.order:
        verdict = judge(category.when, findings, signs)
        if verdict.truth is None:
            open_verdicts[category] = verdict
        elif verdict.truth:
            reached = category
            break
    begun = _begun(scheme, findings)
    if reached and not open_verdicts:
        return Result(scheme, begun, category=reached, because=_causes(scheme, verdict.signs, signs, findings))
    missing = dict.fromkeys(key for each in open_verdicts.values() for key in each.missing)
    possible = (*open_verdicts, *((reached,) if reached else ()))
    return Result(scheme, begun, missing=tuple(vocabulary().findings[key] for key in missing), possible=possible)


def _judged_signs(scheme: Scheme, findings: Findings) -> dict[str, Verdict]:
    verdicts: dict[str, Verdict] = {}
    for sign in scheme.signs.values():
        verdicts[sign.key] = judge(sign.when, findings, verdicts)
    return verdicts


def _causes(scheme: Scheme, keys: Iterable[str], verdicts: dict[str, Verdict], findings: Findings) -> tuple[Cause, ...]:
    """The signs in the scheme's own words; one that is only a list of others stands as those of them that are true."""
    causes: list[Cause] = []
    for key in keys:
        sign = scheme.signs[key]
        if isinstance(sign.when, Some) and all(isinstance(part, NamedSign) for part in sign.when.parts):
            causes += _causes(scheme, verdicts[key].signs, verdicts, findings)
        else:
            causes.append(Cause(sign, _answers(verdicts[key].rests_on, findings)))
    return tuple(causes)


def _answers(keys: Iterable[str], findings: Findings) -> tuple[Answer, ...]:
    given = set(keys)
    return tuple((finding, value) for finding, value in findings if finding.key in given)


def _begun(scheme: Scheme, findings: Findings) -> bool:
    return any(findings.known(key) is not None for key in scheme.findings)


def _scored(scheme: Scheme, score: Score, findings: Findings) -> Result:
    terms = tuple(_term(score.factors, asked, findings) for asked in score.terms)
    waiting = [asked for asked, term in zip(score.terms, terms, strict=True) if term.points is None]
    return Result(
        scheme,
        _begun(scheme, findings),
        score=None if waiting else sum(term.least for term in terms),
        terms=terms,
        missing=tuple(each for asked in waiting for each in asked if findings.known(each.key) is None),
        least=sum(term.least for term in terms),
        most=sum(term.most for term in terms),
    )


def _term(factors: tuple[Factor, ...], asked: tuple[Finding, ...], findings: Findings) -> Term:
    """The product of a place's points: nought times anything is nought, whatever else was given."""
    known = [
        factor.points.get(str(findings.known(finding.key))) for factor, finding in zip(factors, asked, strict=True)
    ]
    span = [(min(factor.points.values()), max(factor.points.values())) for factor in factors]
    least = prod(low if given is None else given for given, (low, _) in zip(known, span, strict=True))
    most = prod(high if given is None else given for given, (_, high) in zip(known, span, strict=True))
    settled = 0 in known or None not in known
    answers = _answers((finding.key for finding in asked), findings)
    return Term(asked[0].place, answers, least if settled else None, least, most)
