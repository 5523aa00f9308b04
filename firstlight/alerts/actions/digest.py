"""Put the digest together and hand it to the postman, once for each stretch of time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from firstlight.alerts.models import DigestGroup, DigestRun, topic_of
from firstlight.alerts.queries.digest import (
    GroupKey,
    Part,
    digest_words,
    find_groups,
    kept_for,
    kept_in,
    kept_notices,
    new_parts,
    parts_for,
)
from firstlight.alerts.rules.digests import DAILY, STANDS, WEEKLY, last_due
from firstlight.audit.actions import record
from firstlight.delivery.actions import begin_mailing
from firstlight.people.models import Severity

BY_THE_CLOCK = "command:digest"
AT_MOST_BACK = timedelta(days=31)


def send_digests(at: datetime) -> int:
    """Send what is due and was not sent; gives how many mailings began."""
    return sum(_send(rhythm, at) for rhythm in (DAILY, WEEKLY))


def _send(rhythm: str, at: datetime) -> int:
    due = last_due(rhythm, at, ZoneInfo(settings.TIME_ZONE))
    last = DigestRun.objects.filter(rhythm=rhythm).first()
    if last is not None and last.until >= due:
        return 0
    try:
        return run_digest(rhythm, since=last.until if last else due, until=due, at=at)
    except IntegrityError:
        return 0  # another process was quicker by a moment


@transaction.atomic
def run_digest(rhythm: str, *, since: datetime, until: datetime, at: datetime) -> int:
    """Put together what is new in a stretch of time, one mailing for each group of readers; gives how many.

    The very first digest only marks where the next one begins. Raises IntegrityError when this stretch was done.
    """
    run = DigestRun.objects.create(rhythm=rhythm, since=since, until=until, at=at)
    if since == until:
        return 0
    kept_for(rhythm).update(ended_at=at)
    news = new_parts(max(since, until - AT_MOST_BACK), until)
    references = sorted(set(kept_in(run).order_by().values_list("mailing__reference", flat=True).distinct()))
    kept = kept_notices(references, at)
    run.topics = sorted(
        {item.topic for part in news for item in part.items} | {topic_of(n.outbreak) for n in kept.values()}
    )
    run.save(update_fields=["topics"])
    if not run.topics:
        return 0
    keys = sorted(find_groups(run), key=lambda key: (key.language, sorted(key.unwanted), sorted(key.kept)))
    count = sum(_begin(run, number, key, parts_for(key, news, kept)) for number, key in enumerate(keys, start=1))
    if count:
        record("digest.begun", run, by=BY_THE_CLOCK, at=at, rhythm=rhythm, mailings=count)
    return count


def _begin(run: DigestRun, number: int, key: GroupKey, parts: list[Part]) -> bool:
    """Begin a group's mailing; nothing new, no mail."""
    if not parts:
        return False
    group = DigestGroup.objects.create(
        run=run, number=number, language=key.language, unwanted=sorted(key.unwanted), kept=sorted(key.kept)
    )
    begin_mailing(
        reference=group.reference,
        topic="",
        severity=Severity.INFORMATION,
        wordings=[digest_words(parts, key.language, run)],
        at=run.at,
        expires_at=run.at + STANDS[run.rhythm],
        falls_back=False,
    )
    return True
