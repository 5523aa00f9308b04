"""A teaching case on its way: Haneul writes it, Bora publishes it."""

from datetime import timedelta

from firstlight.imaging.actions import receive
from firstlight.imaging.models import Series
from firstlight.library import actions
from firstlight.library.models import Case, CaseVersion
from tests.cast import DAWN, Cast
from tests.shipments import ct

HOUR = timedelta(hours=1)
TEXTS = {
    "title_en": "Fever in a traveller",
    "title_ko": "여행자의 발열",
    "history_en": "Four days of fever.",
    "findings_en": "[Ground glass](key:1) on the left.",
    "diagnosis_en": "Viral pneumonia",
    "discussion_en": "As described [1].",
    "teaching_points_en": "- Look twice.",
    "references": "Somebody. Something. Some Journal 2020. doi:10.1000/182",
    "certainty": "certain",
}


def draft_case(cast: Cast) -> Case:
    """Haneul's draft with everything that review asks for."""
    list(receive(ct(3), outbreak=cast.outbreak, by=cast.haneul, at=DAWN))
    draft = actions.begin_case(outbreak=cast.outbreak, by=cast.haneul, at=DAWN)
    series = Series.objects.get()
    actions.attach_series(draft, [series], by=cast.haneul, at=DAWN)
    actions.add_key_image(draft, series.instances.all()[1], by=cast.haneul, at=DAWN, caption_en="The opacity")
    return actions.write_case(draft, by=cast.haneul, at=DAWN, **TEXTS)


def published(cast: Cast, case: Case) -> CaseVersion:
    actions.submit_case(case, by=cast.haneul, at=DAWN + HOUR)
    return actions.publish_case(case, by=cast.bora, at=DAWN + 2 * HOUR)
