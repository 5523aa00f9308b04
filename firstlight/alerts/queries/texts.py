"""What a notice says on each channel in each language, as it leaves."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from firstlight.alerts.models import Notice, NoticeLink
from firstlight.alerts.queries.prices import sms_terms
from firstlight.alerts.queries.targets import address_of
from firstlight.alerts.rules.marking import LONGEST_CODE, Mark, marked, marks_of, sms_text
from firstlight.delivery.rules.counting import Count, count, fill, tidy
from firstlight.delivery.rules.words import Words
from firstlight.people.models import ContactPoint
from firstlight.web.languages import LANGUAGES


def notice_url(notice: Notice) -> str:
    """The whole address of a notice's page."""
    return f"{settings.ORIGIN}{reverse('notice', args=[notice.number])}"


def longest_ack_url() -> str:
    """An address as long as the longest by which a reader confirms."""
    return f"{settings.ORIGIN}{reverse('ack', args=[LONGEST_CODE])}"


def sms_of(notice: Notice, language: str, *, round: int = 1, is_test: bool = False) -> str:  # noqa: A002 — the mailing's own word
    """The text message as it leaves, but for each person's own `{ack}`."""
    return sms_text(
        getattr(notice, f"sms_{language}"),
        _marks(notice, round=round, is_test=is_test),
        language,
        wants_answer=notice.wants_answer,
        notice_url=notice_url(notice),
    )


def sms_shown(notice: Notice, language: str) -> str:
    """The text message as a phone will show it, with the longest link."""
    return fill(sms_of(notice, language), {"ack": longest_ack_url()})


def sms_count(notice: Notice, language: str) -> Count:
    """What the first carrier charges for it."""
    return count(sms_shown(notice, language), plan=sms_terms().plan)


def wordings_of(notice: Notice, *, round: int = 1, is_test: bool = False) -> list[Words]:  # noqa: A002
    """Everything a mailing of this notice says."""
    return [
        words
        for language in LANGUAGES
        for words in (
            Words(ContactPoint.Channel.SMS, language, "", sms_of(notice, language, round=round, is_test=is_test)),
            email_of(notice, language, round=round, is_test=is_test),
        )
    ]


def escalation_words(notice: Notice) -> list[Words]:
    """What the coordinator of an institution is told from which nobody has confirmed."""
    return [words for language in LANGUAGES for words in _escalation(notice, language)]


def _escalation(notice: Notice, language: str) -> Iterator[Words]:
    marks = _marks(notice, round=1, is_test=False)
    with translation.override(language):
        what = {"number": notice.number, "title": getattr(notice, f"title_{language}")}
        said = _("Nobody at your institution has confirmed notice %(number)d yet: %(title)s") % what
        asked = _("Please tell your colleagues, and confirm here:")
        text = marked(f"{said}\n{asked} {{ack}}", marks, language)
        subject = marked(_("Notice %(number)d is unanswered at your institution") % what, marks, language)
    yield Words(ContactPoint.Channel.SMS, language, "", tidy(text))
    yield Words(ContactPoint.Channel.EMAIL, language, subject, f"{text}\n\n{notice_url(notice)}")


def email_of(notice: Notice, language: str, *, round: int = 1, is_test: bool = False) -> Words:  # noqa: A002
    """The e-mail as it leaves, but for each person's own `{ack}`."""
    marks = _marks(notice, round=round, is_test=is_test)
    title = marked(getattr(notice, f"title_{language}"), marks, language)
    with translation.override(language):
        facts = list(_facts(notice))
        links = [(title_of(link, language), address_of(link)) for link in notice.links.all()]
        text = _plain(notice, language, title, facts, links)
        html = _html(notice, language, title, facts, links)
    return Words(ContactPoint.Channel.EMAIL, language, title, text, html)


def title_of(link: NoticeLink, language: str) -> str:
    """What a link is called in this language."""
    return str(getattr(link, f"title_{language}"))


def body_of(notice: Notice, language: str) -> str:
    """The full text, else what the text message says without its links."""
    body: str = getattr(notice, f"body_{language}")
    if body:
        return fill(body, {"notice": notice_url(notice)})
    return fill(getattr(notice, f"sms_{language}"), {"ack": "", "notice": ""}).strip()


def _marks(notice: Notice, *, round: int, is_test: bool) -> list[Mark]:  # noqa: A002
    return marks_of(
        kind=notice.kind, severity=notice.severity, is_exercise=notice.is_exercise, round=round, is_test=is_test
    )


def _facts(notice: Notice) -> Iterator[tuple[str, str]]:
    yield _("Tier"), notice.get_severity_display()
    if notice.source:
        yield _("Source"), notice.source
    if notice.expires_at:
        yield _("Stands until"), _moment(notice.expires_at)
    if notice.follows:
        yield _("Replaces"), _("notice %(number)d") % {"number": notice.follows.number}


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _plain(
    notice: Notice, language: str, title: str, facts: Sequence[tuple[str, str]], links: Sequence[tuple[str, str]]
) -> str:
    asked, on_the_web = _("Please confirm that you have read this:"), _("This notice on the web:")
    change, leave = _("Change what you get"), _("No more e-mails")
    parts = [
        title,
        body_of(notice, language),
        f"{asked} {{ack}}" if notice.wants_answer else "",
        "\n".join(f"- {name}: {url}" for name, url in links),
        "\n".join(f"{name}: {text}" for name, text in facts),
        f"{on_the_web} {notice_url(notice)}",
        f"{change}: {{me}}\n{leave}: {{leave}}",
    ]
    return "\n\n".join(part for part in parts if part)


def _html(
    notice: Notice, language: str, title: str, facts: Sequence[tuple[str, str]], links: Sequence[tuple[str, str]]
) -> str:
    context = {
        "notice": notice,
        "language": language,
        "title": title,
        "body": body_of(notice, language),
        "facts": facts,
        "links": links,
        "notice_url": notice_url(notice),
    }
    return render_to_string("alerts/mail/notice.html", context)
