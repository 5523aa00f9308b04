"""What keeps a notice from being approved, and what its approver should look at twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from firstlight.alerts.models import Notice
from firstlight.alerts.queries.audience import contacts_meant
from firstlight.alerts.queries.texts import sms_count
from firstlight.alerts.rules.marking import unknown_placeholders
from firstlight.alerts.rules.wording import Fault, Problem, check_wording
from firstlight.delivery.rules.counting import Character, Scheme
from firstlight.web.languages import LANGUAGES

GAP = "___"


@dataclass(frozen=True, slots=True)
class Check:
    """One sentence for an editor: it `blocks`, or it is a doubt that a person may overrule after a look.

    `field` and `language` say where; both may be empty. The sentence without its place is what a page shows beside it.
    """

    sentence: str
    field: str
    language: str = ""
    blocks: bool = True

    @property
    def whole(self) -> str:
        """The sentence with its place, for a list."""
        place = ", ".join(part for part in (_field_name(self.field), _language_name(self.language)) if part)
        return f"{place}: {self.sentence}" if place else self.sentence


def checks_of(notice: Notice, *, at: datetime) -> list[Check]:
    """Everything to say about a notice's words and hours; those that block first."""
    found = [
        *_missing(notice),
        *_gaps(notice),
        *_unsendable(notice),
        *_hours(notice, at=at),
        *_course(notice),
        *_doubts(notice),
    ]
    return sorted(found, key=lambda check: not check.blocks)


def reach_check(notice: Notice) -> list[Check]:
    """Whether it would reach anyone at all."""
    if contacts_meant(notice).exists():
        return []
    return [Check(_("Nobody can be reached by it: look at whom it is for."), "audience")]


def _missing(notice: Notice) -> Iterator[Check]:
    for field in ("title", "sms"):
        for language in LANGUAGES:
            if not getattr(notice, f"{field}_{language}").strip():
                yield Check(_("It is missing."), field, language)
    bodies = {language: bool(getattr(notice, f"body_{language}").strip()) for language in LANGUAGES}
    if len(set(bodies.values())) > 1:
        lacking = next(language for language, there in bodies.items() if not there)
        yield Check(_("It is missing, and the other language has it."), "body", lacking)
    if not notice.source.strip():
        yield Check(_("Say where this knowledge comes from, and as of when."), "source")


def _gaps(notice: Notice) -> Iterator[Check]:
    for field in ("title", "sms", "body"):
        for language in LANGUAGES:
            if GAP in getattr(notice, f"{field}_{language}"):
                yield Check(_("A gap is still to be filled: %(gap)s") % {"gap": GAP}, field, language)


def _unsendable(notice: Notice) -> Iterator[Check]:
    for language in LANGUAGES:
        if not getattr(notice, f"sms_{language}").strip():
            continue
        counted = sms_count(notice, language)
        if counted.unsendable:
            yield Check(_("It cannot be sent: %(what)s") % {"what": named(counted.unsendable)}, "sms", language)
        if counted.scheme == Scheme.TOO_LONG:
            sentence = _("It is longer than the carrier takes, by %(over)d.") % {"over": -counted.left}
            yield Check(sentence, "sms", language)
        if counted.risky:
            sentence = _("Old telephones may not show: %(what)s") % {"what": named(counted.risky)}
            yield Check(sentence, "sms", language, blocks=False)
    for field in ("sms", "body"):
        for language in LANGUAGES:
            for name in unknown_placeholders(getattr(notice, f"{field}_{language}")):
                yield Check(_("Nothing fills {%(name)s}.") % {"name": name}, field, language)


def named(characters: Sequence[Character]) -> str:
    """Characters as a person can find them in a text."""
    return ", ".join(f"{each.shown} {each.code_point} {each.name}".strip() for each in characters)


def _hours(notice: Notice, *, at: datetime) -> Iterator[Check]:
    leaves_at = max(at, notice.scheduled_for or at)
    if notice.expires_at is None:
        yield Check(_("Say until when it stands."), "expires_at")
    elif notice.expires_at <= leaves_at:
        yield Check(_("It would have ended before it leaves."), "expires_at")


def _course(notice: Notice) -> Iterator[Check]:
    if notice.follows is None:
        return
    later = notice.follows.followers.filter(state=Notice.State.ISSUED).exclude(pk=notice.pk).first()
    if later is not None:
        yield Check(
            _("Notice %(first)d has already been followed by notice %(later)d: follow that one.")
            % {"first": notice.follows.number, "later": later.number},
            "follows",
        )


def _doubts(notice: Notice) -> Iterator[Check]:
    for field in ("title", "sms", "body"):
        ko, en = (getattr(notice, f"{field}_{language}") for language in LANGUAGES)
        for problem in check_wording(ko, en):
            if problem.fault != Fault.EMPTY:
                yield Check(_doubt(problem), field, problem.language, blocks=False)


def _doubt(problem: Problem) -> str:
    what = ", ".join(problem.found)
    match problem.fault:
        case Fault.WRONG_LANGUAGE:
            return _("It does not read like this language.")
        case Fault.UNTRANSLATED_LINE:
            return _("Lines that look untranslated: %(what)s") % {"what": what}
        case Fault.SAME_IN_BOTH:
            return _("Both languages say it in the same words.")
        case _:
            return _("Numbers that only the other language has: %(what)s") % {"what": what}


def _field_name(field: str) -> str:
    names = {
        "title": _("Title"),
        "sms": _("Text message"),
        "body": _("Full text"),
        "source": _("Source"),
        "expires_at": _("Stands until"),
        "audience": _("Audience"),
    }
    return names.get(field, "")


def _language_name(language: str) -> str:
    return {"ko": _("Korean"), "en": _("English")}.get(language, "")
