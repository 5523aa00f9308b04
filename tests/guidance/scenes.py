"""A guideline on its way: Haneul writes it, Bora publishes it; in an outbreak that pages of today can show."""

from datetime import UTC, datetime, timedelta

from firstlight.guidance import actions
from firstlight.guidance.models import Draft, GuidelineVersion, LivingGuideline
from firstlight.guidance.shipped import shipped
from firstlight.outbreaks.actions import activate_outbreak
from firstlight.outbreaks.models import Outbreak
from tests.cast import Cast

PAST = datetime(2022, 3, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NAME = "novel-2022"


def outbreak_of(cast: Cast) -> Outbreak:
    """An outbreak that began in the past."""
    found = Outbreak.objects.filter(slug=NAME).first()
    return found or activate_outbreak(by=cast.ara, at=PAST, slug=NAME, name_ko="신종 감염", name_en="Novel infection")


def drafted(cast: Cast, slug: str = "ksr-kstr-2020", *, is_own: bool = True) -> Draft:
    """Haneul's draft of a guideline that ships."""
    return actions.bring_guideline(outbreak_of(cast), shipped()[slug], by=cast.haneul, at=PAST, is_own=is_own)


def published(cast: Cast, slug: str = "ksr-kstr-2020", *, is_own: bool = True) -> GuidelineVersion:
    """The same, sent for review and published by Bora a day later."""
    draft = actions.submit_draft(drafted(cast, slug, is_own=is_own), by=cast.haneul, at=PAST + HOUR)
    return actions.publish_draft(draft, by=cast.bora, at=PAST + DAY)


def revised(cast: Cast, living: LivingGuideline, *changes: tuple[str, str]) -> Draft:
    """Haneul's draft of the next version with these words replaced."""
    draft = actions.begin_draft(living, by=cast.haneul, at=PAST + 2 * DAY)
    text = draft.text
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return actions.write_draft(draft, text, revision=draft.revision, by=cast.haneul, at=PAST + 2 * DAY)
