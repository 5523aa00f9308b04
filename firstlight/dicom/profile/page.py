"""Writes `docs/reference/de-identification-profile.md`: `python -m firstlight.dicom.profile.page`."""

from collections.abc import Iterator
from pathlib import Path

from firstlight.dicom.decisions import REFUSALS
from firstlight.dicom.profile import DEFAULT, OPTION_NAMES, VERSION, Profile, read_data

PAGE = Path(__file__).parents[3] / "docs/reference/de-identification-profile.md"
OBJECTS = ("unknown-sop-class", "document", "raw-data", "audio", "video")
KINDS = {
    "judged": "Images that need no look at their pixels, unless the header hints at a capture, a report or colour",
    "doubtful": "Images whose pixels somebody has to look at",
    "derived": "Derived from images",
    "documents": "Documents, in whose place an empty page goes (D)",
    "plain": "Objects without pixels",
}
ABOUT = {
    "113100": "Always on.",
    "113101": "Kinds likely to carry text are looked at; what is doubtful is kept back until a person has looked.",
    "113102": "No face is taken away: only objects that say NO in (0028,0302) leave.",
    "113103": "Shapes stay, texts are cleaned, overlays and curves go.",
    "113104": "Findings, codes and measurements stay, texts are cleaned, people and places go.",
    "113105": "Words of the imaging vocabulary stay, all others go.",
    "113106": "Instead of 113107.",
    "113107": "All dates of a patient move by the same number of days, which follows from the key; times stay.",
    "113108": "Sex, age (90 and over as 90), size, weight, states and risks.",
    "113109": "Station, serial number, device identifiers.",
    "113110": "UIDs as they are.",
    "113111": "The rows of PS3.15 Table E.3.10-1 whose values are numbers or codes, by creator.",
    "113112": "Institution, department, address.",
}


def page() -> str:
    """The whole page, from the tables alone."""
    return "\n".join([*_head(), *_options(), *_objects(), *_rows(), *_private()]) + "\n"


def _head() -> Iterator[str]:
    yield "# The de-identification profile"
    yield f"\nVersion {VERSION}. Written from the tables in `firstlight/dicom/profile/`; the reasons are in ADR 18."
    yield "\nX remove · Z empty · D replace by a dummy · K keep · C clean · U new UID · S shift."
    yield "What no row names stays only as a number, a code or a UID of a kind of object listed here,"
    yield "or as text cleaned by a vocabulary; all else goes. Where a row has a choice (X/Z/D),"
    yield "the attribute's Type in that kind of object decides: X for 3, Z for 2, D for 1."


def _options() -> Iterator[str]:
    yield "\n## Options\n\n| code | option | usual | |\n|---|---|---|---|"
    for code, name in OPTION_NAMES.items():
        yield f"| {code} | {name} | {'yes' if code in DEFAULT else ''} | {ABOUT[code]} |"


def _objects() -> Iterator[str]:
    objects = read_data("objects.json")
    yield "\n## Kinds of objects"
    for group, title in KINDS.items():
        yield f"\n**{title}**: {', '.join(sorted({*objects[group].values()}))}."
    yield "\n**Kept back**, whatever the options:\n"
    for reason in OBJECTS:
        names = ", ".join(sorted({*objects["refused"].get(reason, {}).values()}))
        yield f"- `{reason}`: {REFUSALS[reason]}{f' ({names})' if names else ''}."


def _rows() -> Iterator[str]:
    profile = Profile.load()
    yield "\n## PS3.15 Table E.1-1 (2025)\n"
    yield "The last column is what the usual options do with the attribute in the data set of a CT image.\n"
    yield "| tag | attribute | basic | options | here |\n|---|---|---|---|---|"
    for row in read_data("rows.json")["rows"]:
        tag, options = row["tag"], " ".join(f"{code}:{action}" for code, action in row["options"].items())
        listed = tag != "odd" and "x" not in tag
        here = profile.rule(int(tag, 16), 0, "1.2.840.10008.5.1.4.1.1.2").action if listed else "X"
        shown = f"({tag[:4]},{tag[4:]})" if tag != "odd" else "odd groups"
        yield f"| {shown} | {row['name']} | {row['basic']} | {options} | {here} |"


def _private() -> Iterator[str]:
    yield "\n## Safe private attributes\n\n| group | creator | elements |\n|---|---|---|"
    for name, elements in read_data("safe_private.json")["blocks"].items():
        listed = ", ".join(f"xx{number} {vr}" for number, vr in elements.items())
        yield f"| {name[:4]} | {name[5:]} | {listed} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
