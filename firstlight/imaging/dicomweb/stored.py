"""What the index knows of the instances that a request names, for who may read them."""

from typing import NamedTuple

import orjson

from firstlight.imaging import store
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Nothing
from firstlight.imaging.rules.access import may_be_read
from firstlight.rows import rows

TABLES = """imaging_instance instance JOIN imaging_series series ON series.id = instance.series_id
    JOIN imaging_study study ON study.id = series.study_id"""


class Stored(NamedTuple):
    """What the index knows of an instance's bytes; `frames` are byte ranges as JSON."""

    sop_instance_uid: str
    transfer_syntax_uid: str
    stored_object: str
    size: int
    frames: str
    frames_transfer_syntax_uid: str
    frame_count: int
    stack_index: int
    metadata_object: str
    is_public: bool
    sop_class_uid: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""

    @property
    def every_range(self) -> list[list[list[int]]]:
        """The (offset, length) stretches of each frame."""
        found: list[list[list[int]]] = orjson.loads(self.frames) if isinstance(self.frames, str) else self.frames
        return found

    def ranges(self, number: int) -> list[tuple[int, int]]:
        """The (offset, length) stretches of a frame, counted from 1."""
        return [(offset, length) for offset, length in self.every_range[number - 1]]

    @property
    def path(self) -> str:
        """Its address below the root."""
        series = f"/studies/{self.study_instance_uid}/series/{self.series_instance_uid}"
        return f"{series}/instances/{self.sop_instance_uid}"


COLUMNS = """instance.sop_instance_uid, instance.transfer_syntax_uid, instance.stored_object, instance.size,
    instance.frames, instance.frames_transfer_syntax_uid, instance.frame_count, instance.stack_index,
    series.metadata_object, study.public_since IS NOT NULL, instance.sop_class_uid, study.study_instance_uid,
    series.series_instance_uid"""
ORDER = " ORDER BY series.series_number, series.id, instance.stack_index, instance.id"


def stored(asked: Asked, study: str, series: str = "", sop: str = "") -> list[Stored]:
    """The instances of a study, of a series, or one, in reading order; raises Nothing where there is none to read."""
    may, values = may_be_read(asked.reader, asked.at)
    where = f"{may} AND study.study_instance_uid = %s"
    values = [*values, study]
    for column, uid in (("series.series_instance_uid", series), ("instance.sop_instance_uid", sop)):
        if uid:
            where, values = f"{where} AND {column} = %s", [*values, uid]
    found = rows(f"SELECT {COLUMNS} FROM {TABLES} WHERE {where}{'' if sop else ORDER}", values)
    if not found:
        raise Nothing
    return [Stored(*each) for each in found]


def is_known(asked: Asked, etag: str) -> bool:
    """Whether the reader has this already (RFC 9110 13.1.2)."""
    header = asked.header("If-None-Match")
    return bool(header) and (header.strip() == "*" or etag.removeprefix("W/") in header)


def etag_of(name: str, *, is_weak: bool = False) -> str:
    """The name of an answer that never changes under that name; a weak one where its boundaries may differ."""
    return f'{"W/" if is_weak else ""}"{store.digest_of(name.encode())[:32]}"'


def kept_for(is_public: bool) -> dict[str, str]:
    """How long an answer may be kept, and by whom: an instance never changes under its UID."""
    return {
        "Cache-Control": "public, max-age=3600" if is_public else "private, max-age=3600",
        "Vary": "Accept, Authorization, Cookie",
    }


def known(found: Stored, etag: str) -> Answer:
    """The answer to who has it already."""
    return Answer(status=304, headers={"ETag": etag, **kept_for(found.is_public)})


def named(answer: Answer, etag: str, found: Stored) -> Answer:
    """An answer under its name."""
    answer.headers["ETag"] = etag
    answer.headers.update(kept_for(found.is_public))
    return answer
