"""The JSON by which QIDO-RS answers for a study and for a series, kept with their rows (PS3.18 10.6.3)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

JSON = dict[str, Any]


def element(vr: str, *values: Any) -> JSON:
    """One element of the DICOM JSON model (PS3.18 F.2); without values where there are none."""
    kept = [each for each in values if each not in (None, "")]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def study_json(
    *,
    study_instance_uid: str,
    patient_id: str,
    patient_sex: str,
    study_on: date | None,
    study_time: str,
    description: str,
    modalities: Iterable[str],
    series: int,
    instances: int,
) -> str:
    """A study's answer, but for its address."""
    return orjson.dumps(
        {
            "00080005": element("CS", "ISO_IR 192"),
            "00080020": element("DA", study_on and study_on.strftime("%Y%m%d")),
            "00080030": element("TM", study_time),
            "00080050": element("SH"),
            "00080056": element("CS", "ONLINE"),
            "00080061": element("CS", *sorted(set(modalities))),
            "00080090": element("PN"),
            "00081030": element("LO", description),
            "00100010": element("PN", {"Alphabetic": patient_id} if patient_id else None),
            "00100020": element("LO", patient_id),
            "00100030": element("DA"),
            "00100040": element("CS", patient_sex),
            "0020000D": element("UI", study_instance_uid),
            "00200010": element("SH"),
            "00201206": element("IS", series),
            "00201208": element("IS", instances),
        }
    ).decode()


def series_json(
    *,
    series_instance_uid: str,
    modality: str,
    series_number: int | None,
    description: str,
    body_part_examined: str,
    instances: int,
) -> str:
    """What a series adds to its study's answer."""
    return orjson.dumps(
        {
            "00080060": element("CS", modality),
            "0008103E": element("LO", description),
            "00180015": element("CS", body_part_examined),
            "0020000E": element("UI", series_instance_uid),
            "00200011": element("IS", series_number),
            "00201209": element("IS", instances),
        }
    ).decode()


def with_counts(ready: str, *, modalities: Iterable[str], series: int, instances: int) -> str:
    """A study's answer with other counts."""
    document = orjson.loads(ready)
    document["00080061"] = element("CS", *sorted(set(modalities)))
    document["00201206"], document["00201208"] = element("IS", series), element("IS", instances)
    return orjson.dumps(document).decode()


def with_count(ready: str, *, instances: int) -> str:
    """A series' answer with another count."""
    document = orjson.loads(ready)
    document["00201209"] = element("IS", instances)
    return orjson.dumps(document).decode()
