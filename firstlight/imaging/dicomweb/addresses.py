"""The reading addresses of the Studies Service (PS3.18 10.1.1) and what answers at each."""

import re
from collections.abc import Callable

from firstlight.imaging.dicomweb import bulk, frames, pictures, retrieve, search
from firstlight.imaging.dicomweb.capabilities import capabilities
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Refusal

ROOT = "/dicom-web"
UID = r"[0-9.]{1,64}"
STUDY = rf"/studies/(?P<study>{UID})"
SERIES = rf"{STUDY}/series/(?P<series>{UID})"
INSTANCE = rf"{SERIES}/instances/(?P<sop>{UID})"
NUMBER = "[1-9][0-9]{0,6}"
NUMBERS = rf"/frames/(?P<numbers>{NUMBER}(?:,{NUMBER}){{0,9999}})"
ONE = rf"/frames/(?P<numbers>{NUMBER})"
ELEMENT = r"(?P<path>[0-9A-Fa-f]{8}(?:/[0-9]{1,6}/[0-9A-Fa-f]{8}){0,16})"

Answerer = Callable[..., Answer]
# What viewers ask for most stands first.
ADDRESSES: tuple[tuple[str, Answerer], ...] = (
    (rf"{INSTANCE}{NUMBERS}", frames.frames),
    (rf"{INSTANCE}/rendered", pictures.rendered),
    (rf"{INSTANCE}/thumbnail", pictures.thumbnail),
    (r"/studies", search.search_studies),
    (rf"{SERIES}/metadata", retrieve.series_metadata),
    (rf"{STUDY}/series", search.search_series),
    (rf"{SERIES}/instances", search.search_instances),
    (INSTANCE, retrieve.instances),
    (rf"{INSTANCE}/metadata", retrieve.instance_metadata),
    (SERIES, retrieve.instances),
    (STUDY, retrieve.instances),
    (rf"{STUDY}/metadata", retrieve.study_metadata),
    (rf"{STUDY}/instances", search.search_instances),
    (r"/series", search.search_series),
    (r"/instances", search.search_instances),
    (rf"{INSTANCE}/bulkdata/{ELEMENT}", bulk.bulk_data),
    (rf"{INSTANCE}{NUMBERS}/rendered", pictures.rendered),
    (rf"{INSTANCE}{ONE}/thumbnail", pictures.thumbnail),
    *((rf"{level}/rendered", pictures.rendered) for level in (STUDY, SERIES)),
    *((rf"{level}/thumbnail", pictures.thumbnail) for level in (STUDY, SERIES)),
    *((rf"{level}/pixeldata", frames.pixel_data) for level in (STUDY, SERIES, INSTANCE)),
    *((rf"{level}/bulkdata", bulk.all_bulk_data) for level in (STUDY, SERIES, INSTANCE)),
    ("", capabilities),
)
READS = tuple((re.compile(f"{address}/?"), answerer) for address, answerer in ADDRESSES)


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
