"""The reading addresses of the Studies Service (PS3.18 10.1.1) and what answers at each."""

import re
from collections.abc import Callable
from functools import partial

from firstlight.imaging.dicomweb import pictures, retrieve, search
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Refusal

ROOT = "/dicom-web"
UID = r"[0-9.]{1,64}"
STUDY = rf"/studies/(?P<study>{UID})"
SERIES = rf"{STUDY}/series/(?P<series>{UID})"
INSTANCE = rf"{SERIES}/instances/(?P<sop>{UID})"
NUMBERS = r"(?P<numbers>[1-9][0-9]{0,6}(?:,[1-9][0-9]{0,6})*)"
FRAME = r"/frames/(?P<frame>[1-9][0-9]{0,6})"
ELEMENT = r"(?P<path>[0-9A-Fa-f]{8}(?:/[0-9]{1,6}/[0-9A-Fa-f]{8}){0,16})"

thumbnail = partial(pictures.rendered, longest_px=pictures.THUMBNAIL_PX)
Answerer = Callable[..., Answer]
READS: tuple[tuple[re.Pattern[str], Answerer], ...] = tuple(
    (re.compile(f"{address}/?"), answer)
    for address, answer in (
        (rf"{INSTANCE}/frames/{NUMBERS}", retrieve.frames),
        (rf"{INSTANCE}/rendered", pictures.rendered),
        (rf"{INSTANCE}/thumbnail", thumbnail),
        (INSTANCE, retrieve.instances),
        (rf"{INSTANCE}/metadata", retrieve.instance_metadata),
        (rf"{SERIES}/metadata", retrieve.series_metadata),
        (rf"{SERIES}/instances", search.search_instances),
        (r"/studies", search.search_studies),
        (rf"{STUDY}/series", search.search_series),
        (SERIES, retrieve.instances),
        (STUDY, retrieve.instances),
        (rf"{STUDY}/metadata", retrieve.study_metadata),
        (rf"{STUDY}/instances", search.search_instances),
        (r"/series", search.search_series),
        (r"/instances", search.search_instances),
        (rf"{INSTANCE}/bulkdata/{ELEMENT}", retrieve.bulk_data),
        (rf"{INSTANCE}{FRAME}/rendered", pictures.rendered),
        (rf"{INSTANCE}{FRAME}/thumbnail", thumbnail),
    )
)


def answer(asked: Asked, path: str) -> Answer | None:
    """The answer to a reading request below the root; None for an address that is none of these."""
    for pattern, answerer in READS:
        found = pattern.fullmatch(path)
        if found:
            try:
                return answerer(asked, **found.groupdict())
            except Refusal as refusal:
                return refusal.answer
    return None
