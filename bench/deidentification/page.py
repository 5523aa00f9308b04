"""The score as a page to publish."""

import statistics
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.deidentification.key import ACTIONS, MIDI_B, Key

if TYPE_CHECKING:
    from bench.deidentification.peers import Run

HEAD = """# The score of de-identification

Written by `make bench-deid` (SEED={seed}, PATIENTS={patients}); run it to check it, or with another seed, which makes
other people, phrases and places. Nothing in the corpus or its key knows the engine.

**Conditions.** {objects} objects of {patients} invented patients, {required} required actions; {on}, Python {python},
{machine}; pydicom {pydicom}, numpy {numpy}, Pillow {pillow}; {font}.

**Profile asked for.** The Basic Profile of PS3.15 Annex E (2025) with Clean Pixel Data (113101), Clean Graphics
(113103), Clean Structured Content (113104), Clean Descriptors (113105), Longitudinal Modified Dates (113107), Retain
Patient Characteristics (113108), Retain Safe Private (113111). No peer claims all of these: what a tool does not
offer, it gets no points for, and that is no blame.

**How it is judged.** Each planted thing carries what must become of it and the row of Table E.1-1 that says so.
Outputs are led back to inputs by numbers that nothing de-identifies, else by their pixels, never by name. Text in
pixels is judged without a reader of text: letter by letter, the ink and its surround are compared before and after.
Beyond MIDI-B's ten actions: intervals between all dates of a patient to the second, a missing object fails everything
that was asked of it, Korean identity, text at any place and in any frame, `dciodvfy` without a new error, references
that lead to the right output. What was planted is searched for in every byte of the output but uncompressed pixel
values, in receipts, messages and names of files too: what is found counts as *left*, whatever the other actions say.
An object that is held back for a person leaves nothing, and fails here all the same; what a tool makes of the
objects that it does write stands in a row of its own. Text left in pixels is not
among what is *left*: it stands under
`pixels_hidden`.
"""


def page(runs: "list[Run]", key: Key, conditions: dict[str, Any]) -> str:
    """Markdown with all tables; no planted value is in it."""
    head = HEAD.format(
        objects=len(key.instances), required=len(key.items), **{**conditions, **conditions["versions"]},
        font="hangul burned in too" if conditions["hangul_font"] else "no hangul font on this machine: none burned in",
    )  # fmt: skip
    parts = [
        head, "## Tools\n", _tools(runs), "## By action\n", _by_action(runs), "## Identity left\n", _leaks(runs),
        "## By category\n", _by_category(runs), f"## Time\n\n{_time(runs, conditions)}",
        f"## What {runs[0].tool.name} failed on\n", _failures(runs[0]),
    ]  # fmt: skip
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _tools(runs: "list[Run]") -> str:
    return _table(
        ["tool", "version", "called", "exit code", "objects missing"],
        [[run.tool.name, run.tool.version, run.tool.how, str(run.code), _missing(run)] for run in runs],
    )


def _missing(run: "Run") -> str:
    each = ", ".join(f"{number} {kind}" for kind, number in sorted(run.score.missing.items()))
    return f"{run.score.missing.total()} ({each})" if each else "0"


def _by_action(runs: "list[Run]") -> str:
    rows = []
    for action in ACTIONS:
        required = runs[0].score.counted((action,))[1]
        rows.append([f"`{action}`", str(required), *[_share(run.score.counted((action,))) for run in runs]])
    rows.append(["**all**", str(runs[0].score.counted()[1]), *[f"**{_share(run.score.counted())}**" for run in runs]])
    ten = [_share(run.score.counted(MIDI_B, midi_b=True)) for run in runs]
    rows.append(["MIDI-B's ten as MIDI-B reads them", str(runs[0].score.counted(MIDI_B)[1]), *ten])
    rows.append(
        ["all, of the objects that were written", "", *[_share(run.score.counted_of_written()) for run in runs]]
    )
    return _table(["action", "required", *[run.tool.name for run in runs]], rows)


def _share(counted: tuple[int, int]) -> str:
    passed, required = counted
    return f"{100 * passed / required:.2f} %" if required else "–"


def _leaks(runs: "list[Run]") -> str:
    return _counted(runs, lambda run: Counter({leak.category: 0 for leak in run.score.leaks}) + _by_kind(run), "left")


def _by_kind(run: "Run") -> Counter[str]:
    found: Counter[str] = Counter()
    for leak, number in run.score.leaks.items():
        found[leak.category] += number
    return found


def _counted(runs: "list[Run]", count: "Callable[[Run], Counter[str]]", word: str) -> str:
    counts = [count(run) for run in runs]
    names = sorted(set().union(*counts))
    rows = [[name, *[str(each[name]) for each in counts]] for name in names]
    rows.append([f"**all {word}**", *[f"**{each.total()}**" for each in counts]])
    return _table(["identity", *[run.tool.name for run in runs]], rows)


def _by_category(runs: "list[Run]") -> str:
    required: Counter[str] = Counter(each.item.category for each in runs[0].score.verdicts)
    passed = [Counter(each.item.category for each in run.score.verdicts if each.passed) for run in runs]
    rows = [
        [name, str(number), *[_share((count[name], number)) for count in passed]]
        for name, number in sorted(required.items())
    ]
    return _table(["category", "required", *[run.tool.name for run in runs]], rows)


def _time(runs: "list[Run]", conditions: dict[str, Any]) -> str:
    slices = conditions["slices"]
    text = (
        f"One CT series of {slices} slices, 512 x 512, 16 bit, native; whole processes in turns, "
        f"{conditions['rounds']} rounds, the median; the machine was shared with other work, so trust the "
        "ratios, which are of each round.\n\n"
    )
    rows = []
    for run in runs:
        ratios = [mine / first for mine, first in zip(run.rounds, runs[0].rounds, strict=True)]
        wall = statistics.median(run.rounds)
        rows.append([run.tool.name, f"{wall:.2f} s", f"{slices / wall:.0f}", f"{statistics.median(ratios):.2f}",
                     f"{run.seconds:.0f} s"])  # fmt: skip
    head = ["tool", "series", "slices/s", f"time, {runs[0].tool.name} = 1", "whole corpus, once"]
    return text + _table(head, rows)


WORDS = {
    "tag_retained": "lost the attribute", "text_notnull": "emptied", "text_retained": "lost content",
    "text_removed": "left identity, or held the object back",
    "korean_removed": "left Korean identity, or held the object back",
    "date_shifted": "did not shift the date",
    "uid_changed": "kept or lost the UID",
    "uid_consistent": "lost consistency of the UID",
    "patid_consistent": "gave one patient several numbers, or none",
    "pixels_hidden": "left text in pixels, or held the object back",
    "pixels_retained": "changed the picture away from text, or held the object back",
    "intervals_exact": "changed an interval",
    "file_present": "wrote no output", "header_valid": "brought in an error that dciodvfy finds",
    "references_resolve": "lost a reference",
}  # fmt: skip


def _failures(run: "Run") -> str:
    grouped: Counter[tuple[str, str, str]] = Counter()
    for (action, category, attribute, instance), number in run.score.failures().items():
        if instance not in run.score.lost:
            grouped[action, category, attribute] += number
    lines = [
        f"Objects that were not written ({run.score.missing.total()}) fail everything asked of them: {_missing(run)}.\n"
    ]
    lines += [
        f"- {number} times {WORDS[action]}: {attribute or 'the object'} ({category})"
        for (action, category, attribute), number in grouped.most_common()
    ]
    return "\n".join(lines if len(lines) > 1 else [*lines, "Nothing else.\n"]) + "\n"
