"""Notices as feeds and as CAP messages; what is issued never changes, so a message is written the same for ever."""

from collections.abc import Iterable
from datetime import datetime, time
from urllib.parse import urlencode, urlsplit

from babel import Locale
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from firstlight.alerts.models import Notice
from firstlight.alerts.queries.archive import (
    Reading,
    course_of,
    issue_of,
    issued_notices,
    pointers_of,
    readings,
)
from firstlight.alerts.rules.cap import MESSAGE_TYPES, SEVERITIES, Area, Info, Message, Reference, legal_name
from firstlight.alerts.rules.feeds import Entry, Feed, tag_id
from firstlight.alerts.rules.reading import Standing, quoted
from firstlight.outbreaks.models import Outbreak
from firstlight.web.feeds import to_the_second
from firstlight.web.languages import choose_wording
from firstlight.web.prose import render_commonmark

MOST_ENTRIES = 50
CAP_LANGUAGES = {"ko": "ko-KR", "en": "en-US"}


def absolute(path: str) -> str:
    """An address as it is written outside the site."""
    return path if "://" in path else f"{settings.ORIGIN}{path}"


def authority() -> str:
    """The name under which this site gives identifiers: its host."""
    return urlsplit(settings.ORIGIN).hostname or "localhost"


def feed_of_notices(outbreak: Outbreak | None, *, at: datetime, language: str, path: str, self_url: str) -> Feed:
    """The latest notices of an outbreak, or of everything, as the feed at an address in one language."""
    notices = issued_notices(at)
    shown = readings((notices.filter(outbreak=outbreak) if outbreak else notices)[:MOST_ENTRIES], at)
    home_url = absolute(reverse("outbreak_alerts", args=[outbreak.slug]) if outbreak else reverse("alerts"))
    with translation.override(language):
        entries = [entry_of(each, language) for each in shown]
        return Feed(
            id=f"{absolute(path)}?{urlencode(_own_words(outbreak, language))}",
            title=f"{choose_wording(outbreak, 'name', language).text} · {_('Notices')}" if outbreak else _("Notices"),
            subtitle=_("Warnings to radiologists, with what replaced or ended them."),
            home_url=home_url,
            self_url=self_url,
            language=language,
            author=sender_name(),
            updated_at=max((each.updated_at for each in entries), default=_beginning(outbreak, at)),
            entries=entries,
        )


def _own_words(outbreak: Outbreak | None, language: str) -> dict[str, str]:
    """What of an address tells a feed from others, whatever day it is read for."""
    return {**({"outbreak": outbreak.slug} if outbreak else {}), "lang": language}


def _beginning(outbreak: Outbreak | None, at: datetime) -> datetime:
    """When a feed without entries last changed: its outbreak's first moment, else the day's."""
    if outbreak:
        return outbreak.activated_at
    return datetime.combine(timezone.localdate(at), time.min, timezone.get_default_timezone())


def entry_of(reading: Reading, language: str) -> Entry:
    """A notice as a feed's entry in a language, whose words have to be active."""
    notice = reading.notice
    summary = quoted(choose_wording(notice, "sms", language).text)
    body = quoted(choose_wording(notice, "body", language).text)
    return Entry(
        id=tag_id(authority(), timezone.localdate(notice.created_at), f"notice:{notice.number}"),
        number=notice.number,
        url=absolute(reverse("notice", args=[notice.number])),
        cap_url=absolute(reverse("cap", args=[notice.number])),
        title=_marked_title(reading, language),
        summary=summary,
        html=_remark(reading) + (render_commonmark(body) if body else f"<p>{escape(summary)}</p>"),
        published_at=to_the_second(issue_of(notice)),
        updated_at=to_the_second(reading.changed_at),
        categories=_categories(notice, language),
        tier=notice.get_severity_display(),
        standing=reading.standing.value,
        is_exercise=notice.is_exercise,
        is_replay=notice.is_replay,
    )


def _marked_title(reading: Reading, language: str) -> str:
    """The title after what a reader must know first."""
    marks = {
        _("Exercise"): reading.notice.is_exercise,
        _("Replay"): reading.notice.is_replay,
        standing_word(reading.standing): reading.standing != Standing.STANDS,
    }
    before = "".join(f"[{mark}] " for mark, holds in marks.items() if holds)
    return before + quoted(choose_wording(reading.notice, "title", language).text)


def standing_word(standing: Standing) -> str:
    """How a notice stands, in a word."""
    return {
        Standing.STANDS: _("Stands"),
        Standing.EXPIRED: _("Expired"),
        Standing.UPDATED: _("Updated"),
        Standing.CANCELLED: _("Cancelled"),
        Standing.CANCELS: _("Cancellation"),
    }[standing]


def _remark(reading: Reading) -> str:
    """The paragraph before the text when it does not hold any more."""
    if reading.standing in {Standing.STANDS, Standing.CANCELS}:
        return ""
    words = {
        Standing.EXPIRED: _("This notice has expired."),
        Standing.UPDATED: _("This notice was updated by a later one."),
        Standing.CANCELLED: _("This notice was cancelled."),
    }[reading.standing]
    if reading.follower is None:
        return f"<p><strong>{words}</strong></p>\n"
    url = absolute(reverse("notice", args=[reading.follower.number]))
    number = _("Notice %(number)d") % {"number": reading.follower.number}
    return f'<p><strong>{words}</strong> <a href="{url}">{number}</a></p>\n'


def _categories(notice: Notice, language: str) -> tuple[str, ...]:
    outbreak = [choose_wording(notice.outbreak, "name", language).text] if notice.outbreak else []
    return (notice.get_severity_display(), notice.get_kind_display(), *outbreak)


def sender_name() -> str:
    """Who speaks: the society's name."""
    return str(settings.SENDER_NAME)


def cap_identifier(notice: Notice) -> str:
    """The message's own name, the same for ever."""
    return legal_name(f"{authority()}-notice-{notice.number}")


def cap_reference(notice: Notice) -> Reference:
    """How later messages name this one."""
    return Reference(legal_name(authority()), cap_identifier(notice), to_the_second(issue_of(notice)))


def cap_message(notice: Notice) -> Message:
    """A notice as a CAP message, exactly as it was when it was issued."""
    issued_at = issue_of(notice)
    sent = to_the_second(issued_at)
    earlier = [each.notice for each in course_of(notice, issued_at) if each.notice.pk != notice.pk]
    return Message(
        identifier=cap_identifier(notice),
        sender=legal_name(authority()),
        sent=sent,
        status="Test" if notice.is_replay else "Exercise" if notice.is_exercise else "Actual",
        message_type=MESSAGE_TYPES[notice.kind],
        note=_note(notice),
        references=tuple(cap_reference(each) for each in earlier),
        incident=notice.outbreak.slug if notice.outbreak else "",
        infos=tuple(
            _info(notice, language, issued_at) for language in CAP_LANGUAGES if getattr(notice, f"title_{language}")
        ),
    )


def _note(notice: Notice) -> str:
    if notice.is_replay:
        return "Past events played again on synthetic patients. To be ignored."
    return f"Exercise: notice {notice.number}. Nothing has happened." if notice.is_exercise else ""


def _info(notice: Notice, language: str, at: datetime) -> Info:
    is_over, sent = notice.kind == Notice.Kind.CANCEL, to_the_second(at)
    with translation.override(language):
        return Info(
            language=CAP_LANGUAGES[language],
            event=_event(notice, language, at),
            urgency=Notice.Urgency.PAST if is_over else notice.urgency,
            severity=SEVERITIES[notice.severity],
            certainty=notice.certainty,
            is_over=is_over,
            audience=_("Radiologists and radiology departments"),
            event_codes=(("ICD-10", notice.outbreak.icd10),) if notice.outbreak and notice.outbreak.icd10 else (),
            effective=sent,
            # What a notice warns of has begun when it is issued; nothing earlier is known of it.
            onset=sent,
            expires=to_the_second(notice.expires_at) if notice.expires_at else None,
            sender_name=sender_name(),
            headline=quoted(getattr(notice, f"title_{language}")),
            description=quoted(getattr(notice, f"body_{language}")),
            instruction=quoted(getattr(notice, f"sms_{language}")),
            web=absolute(reverse("notice", args=[notice.number])),
            contact=settings.CONTACT,
            parameters=tuple(_parameters(notice, language, at)),
            area=Area(Locale(language).territories[settings.AREA], settings.AREA),
        )


def _event(notice: Notice, language: str, at: datetime) -> str:
    if notice.outbreak is None:
        return _("Notice of the society")
    return choose_wording(notice.outbreak.as_of(at), "name", language).text


def _parameters(notice: Notice, language: str, at: datetime) -> Iterable[tuple[str, str]]:
    """The source, and what the notice pointed at when it was issued: its kind, then its title and where to read it."""
    if notice.source:
        yield "source", quoted(notice.source)
    for each in pointers_of(notice, at):
        title = quoted(choose_wording(each, "title", language).text)
        yield each.kind, f"{title} {absolute(each.url)}" if each.url else title
