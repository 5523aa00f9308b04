"""The notices of a replay, and who would have read them when: played, never sent."""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from firstlight.alerts.actions import (
    add_link,
    approve_notice,
    begin_notice,
    issue_alone,
    submit_notice,
    write_notice,
)
from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.delivery.models import Delivery, Mailing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import ContactPoint, Member, Severity
from firstlight.replay.script import KOREA_2020, read_toml

WRITING = timedelta(minutes=40)
REVIEW = timedelta(minutes=12)
CARRIER = "replay"
# What became of a hundred text messages and of a hundred e-mails; ours, within what senders publish.
FATES = {
    ContactPoint.Channel.SMS: (("delivered", 95), ("unknown", 3), ("failed", 2)),
    ContactPoint.Channel.EMAIL: (("sent", 98), ("failed", 2)),
}
REASONS = {ContactPoint.Channel.SMS: "absent subscriber", ContactPoint.Channel.EMAIL: "550 5.1.1"}
# How many of a hundred confirm, and the minutes within which half of them have: the more it presses the sooner.
ANSWERS = {Severity.EMERGENCY: (88, 9), Severity.WARNING: (74, 35), Severity.ADVISORY: (61, 160)}
TEXTS = ("title_ko", "title_en", "sms_ko", "sms_en", "body_ko", "body_en", "source")


def play_notices(outbreak: Outbreak, members: Mapping[str, Member], *, folder: Path = KOREA_2020) -> int:
    """Issue the replay's notices on their days; those that are there stay as they are."""
    written: dict[str, Notice] = {}
    played = 0
    for raw in read_toml(folder / "notices.toml")["notices"]:
        found = Notice.objects.filter(outbreak=outbreak, issued_at=raw["issued_at"]).first()
        if found is None:
            with transaction.atomic():
                found = _issue(raw, outbreak, members, written)
                _deliver(found, raw["key"])
            played += 1
        written[raw["key"]] = found
    return played


def _issue(
    raw: dict[str, Any], outbreak: Outbreak, members: Mapping[str, Member], written: Mapping[str, Notice]
) -> Notice:
    author, issued_at = members[raw["written_by"]], raw["issued_at"]
    begun_at = issued_at - WRITING
    notice = begin_notice(
        outbreak=outbreak,
        by=author,
        at=begun_at,
        kind=Notice.Kind(raw.get("kind", "alert")),
        follows=written[raw["follows"]] if "follows" in raw else None,
    )
    write_notice(
        notice,
        by=author,
        at=begun_at,
        severity=Severity[raw["severity"]],
        urgency=raw["urgency"],
        certainty=raw["certainty"],
        is_exercise=raw.get("is_exercise", False),
        wants_answer=raw.get("wants_answer", False),
        is_replay=True,
        expires_at=issued_at + timedelta(days=raw["stands_days"]),
        **{name: raw[name].strip() for name in TEXTS},
    )
    for kind, key in _links(raw, outbreak):
        add_link(notice, kind=kind, key=key, by=author, at=begun_at)
    submit_notice(notice, by=author, at=issued_at - REVIEW)
    if "approved_by" in raw:
        approve_notice(notice, by=members[raw["approved_by"]], at=issued_at)
    else:
        issue_alone(notice, reason=raw["issued_alone_because_ko"], by=author, at=issued_at)
    return notice


def _links(raw: dict[str, Any], outbreak: Outbreak) -> Iterator[tuple[str, str]]:
    yield from (("case", str(number)) for number in raw.get("cases", ()))
    named = outbreak.guidelines.filter(slug__in=raw.get("guidelines", ())).values_list("slug", flat=True)
    yield from (("guideline", f"{outbreak.slug}/{name}") for name in named)
    yield from (("address", address) for address in raw.get("addresses", ()))


def _deliver(notice: Notice, key: str) -> None:
    """Write down who would have got it when, the same on every machine."""
    at = notice.issued_at
    if at is None:
        raise RuntimeError(f"The notice {key!r} of the replay was not issued.")
    chance = random.Random(key)  # noqa: S311 — a story told the same way each time, no secret
    mailing = Mailing.objects.create(
        reference=notice.reference,
        topic=notice.topic,
        severity=notice.severity,
        state=Mailing.State.DONE,
        created_at=at,
        starts_at=at,
        addressed_at=at,
        finished_at=at + timedelta(hours=1),
        falls_back=False,
        is_exercise=notice.is_exercise,
    )
    contacts = ContactPoint.objects.reachable().filter(least_severity__lte=notice.severity).select_related("member")
    rows = [_delivery(mailing, contact, at, chance) for contact in contacts]
    Delivery.objects.bulk_create(rows)
    if notice.wants_answer:
        _answer(notice, rows, at, chance)


def _delivery(mailing: Mailing, contact: ContactPoint, at: datetime, chance: random.Random) -> Delivery:
    channel = ContactPoint.Channel(contact.channel)
    fates, shares = zip(*FATES[channel], strict=True)
    fate = chance.choices(fates, shares)[0]
    sent_at = at + timedelta(seconds=chance.uniform(1, 40))
    known_after = timedelta(hours=24) if fate == "unknown" else timedelta(seconds=chance.lognormvariate(1.6, 0.9))
    return Delivery(
        mailing=mailing,
        member=contact.member,
        contact=contact,
        channel=channel,
        language=contact.member.language,
        state=fate,
        due_at=at,
        attempts=1,
        carrier=CARRIER,
        reason=REASONS[channel] if fate == "failed" else "",
        sent_at=sent_at,
        ended_at=None if fate == "sent" else sent_at + known_after,
    )


def _answer(notice: Notice, rows: list[Delivery], at: datetime, chance: random.Random) -> None:
    percent, half_within_minutes = ANSWERS[Severity(notice.severity)]
    reached = {row.member_id: row.member for row in rows if row.state in {"delivered", "sent"} and row.member}
    Acknowledgement.objects.bulk_create(
        Acknowledgement(notice=notice, member=member, how=Acknowledgement.How.LINK, at=at + timedelta(minutes=minutes))
        for member in reached.values()
        if (minutes := half_within_minutes * chance.lognormvariate(0, 1.1)) and chance.randrange(100) < percent
    )
