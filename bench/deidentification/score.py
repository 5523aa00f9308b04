"""Scores what a tool wrote against the answer key: `python -m bench.deidentification.score CORPUS OUTPUT`.

A required action passes or fails. Beside our own reading stands MIDI-B's, which takes a date that is merely gone for a
shifted one, and a missing file for one that leaks nothing (MIDI_validation_script e61c8ea); here both fail.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import FileDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from bench.deidentification import sight
from bench.deidentification.key import ACTIONS, MIDI_B, Instance, Item, Key
from bench.deidentification.leaks import Leak, left_beside, left_in_objects, normal, squeezed
from bench.deidentification.outputs import Output, Pixels, elements, matched, pixels, read, read_all, texts, uid_at

LENIENT = {"text_removed", "korean_removed", "date_shifted", "uid_changed", "pixels_hidden"}
Shift = timedelta | int


@dataclass(frozen=True)
class Verdict:
    """What came of one required action."""

    item: Item
    passed: bool
    midi_b: bool


@dataclass
class Judged:
    """One input and its output, read when first asked for."""

    instance: Instance
    given: Path
    output: Output | None

    @cached_property
    def before(self) -> FileDataset:
        found = read(self.given)
        if found is None:
            raise ValueError("an object of the corpus cannot be read")
        return found

    @property
    def after(self) -> FileDataset | None:
        return self.output.dataset if self.output else None

    @cached_property
    def pixels(self) -> tuple[Pixels | None, Pixels | None]:
        return pixels(self.before), pixels(self.after) if self.after is not None else None

    @property
    def lossy(self) -> bool:
        return bool(self.before.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50")


@dataclass
class World:
    """What only all outputs together tell: new UIDs, new patients, shifts, errors of headers."""

    judged: dict[str, Judged]
    uids: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    patients: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    shifts: dict[str, list[Shift | None]] = field(default_factory=dict)
    consensus: dict[int, timedelta] = field(default_factory=dict)
    errors: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Score:
    """All verdicts, and everything planted that is left."""

    verdicts: list[Verdict]
    leaks: Counter[Leak]
    missing: Counter[str]
    lost: frozenset[str] = frozenset()

    def counted(self, actions: tuple[str, ...] = ACTIONS, *, midi_b: bool = False) -> tuple[int, int]:
        """How many of some actions passed, of how many."""
        chosen = [each for each in self.verdicts if each.item.action in actions]
        return sum(each.midi_b if midi_b else each.passed for each in chosen), len(chosen)

    def counted_of_written(self) -> tuple[int, int]:
        """How many actions passed, of how many, on the objects that a tool did not hold back."""
        written = [each for each in self.verdicts if each.item.instance not in self.lost]
        return sum(each.passed for each in written), len(written)

    def failures(self) -> Counter[tuple[str, str, str, str]]:
        """What failed: action, category, attribute, kind of object."""
        return Counter(
            (each.item.action, each.item.category, named(each.item.path), each.item.instance)
            for each in self.verdicts
            if not each.passed
        )


def named(path: str) -> str:
    """The last attribute of a path by its keyword."""
    last = re.split(r"\.(?=[0-9A-F]{4})", path)[-1]
    return (keyword_for_tag(int(last, 16)) or last) if re.fullmatch(r"[0-9A-F]{8}", last) else last


def score(corpus: Path, output: Path, *, said: dict[str, str] | None = None, check_headers: bool = True) -> Score:
    """Judge a folder of outputs; `said` is the text of a tool's receipts and messages, by what they are."""
    key = Key.read(corpus / "key")
    written = read_all(output)
    found = matched(key.instances, written, corpus / "files")
    judged = {each.name: Judged(each, corpus / "files" / each.file, found.get(each.name)) for each in key.instances}
    world = _world(key, judged, check_headers)
    by_instance: dict[str, list[Item]] = defaultdict(list)
    for item in key.items:
        if check_headers or item.action != "header_valid":
            by_instance[item.instance].append(item)
    verdicts = []
    for name, items in by_instance.items():
        verdicts += [_verdict(item, world) for item in items]
        judged[name].__dict__.pop("pixels", None)
    kept = normal(" ".join(value for item in key.items if item.action == "text_retained" for value in item.values))
    taken = {id(each) for each in found.values()}
    strays = [each for each in written if id(each) not in taken]
    leaks = left_in_objects(key, found, strays, kept) + left_beside(key, output, said or {}, kept)
    missing = Counter(each.kind for each in key.instances if each.name not in found)
    lost = frozenset(each.name for each in key.instances if each.name not in found)
    return Score(verdicts, leaks, missing, lost)


def _world(key: Key, judged: dict[str, Judged], check_headers: bool) -> World:
    world = World(judged)
    for item in key.items:
        after = judged[item.instance].after
        if after is None:
            continue
        if item.action == "uid_consistent" and (new := uid_at(after, item.path)):
            world.uids[item.values[0]][new] += 1
            world.owners[new].add(item.values[0])
        elif item.action == "patid_consistent":
            world.patients[item.values[0]][str(after.get("PatientID") or "")] += 1
        elif item.action == "intervals_exact":
            world.shifts[item.instance] = [_shift(judged[item.instance], moment) for moment in item.more["moments"]]
    _agree(world)
    if check_headers:
        world.errors = _header_errors(judged)
    return world


def _agree(world: World) -> None:
    """The shift that most dates of a patient have."""
    votes: dict[int, Counter[timedelta]] = defaultdict(Counter)
    for name, shifts in world.shifts.items():
        votes[world.judged[name].instance.patient].update(each for each in shifts if isinstance(each, timedelta))
    world.consensus = {patient: count.most_common(1)[0][0] for patient, count in votes.items() if count}


def _shift(judged: Judged, moment: dict[str, str]) -> Shift | None:
    """How far one moment moved; whole days as a number where no time stands beside it; None when it is gone."""
    old, new = (_moment(each, moment) for each in (judged.before, judged.after))
    if old is None or new is None:
        return None
    return (new - old).days if "day" in moment else new - old


def _moment(dataset: FileDataset | None, moment: dict[str, str]) -> datetime | None:
    if dataset is None:
        return None
    parts = [_first(dataset, moment[name]) for name in ("day", "moment", "date", "time") if name in moment]
    digits = re.sub(r"[.+-].*$", "", parts[0]) + "".join(re.sub(r"\..*$", "", part) for part in parts[1:])
    shape = "%Y%m%d" if "day" in moment else "%Y%m%d%H%M%S"
    try:
        return datetime.strptime(digits, shape)  # noqa: DTZ007 - only differences are asked
    except ValueError:
        return None


def _first(dataset: FileDataset, path: str) -> str:
    found = elements(dataset, path, exact=True)
    return str(found[0].value or "") if found else ""


def _header_errors(judged: dict[str, Judged]) -> dict[str, set[str]]:
    """Errors that dciodvfy finds in an output and not in its input."""
    program = shutil.which("dciodvfy")
    pairs = [each for each in judged.values() if each.output is not None] if program else []
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(
            lambda each: _errors(str(program), each.output.path) - _errors(str(program), each.given), pairs
        )
        return {each.instance.name: errors for each, errors in zip(pairs, found, strict=True)}


def _errors(program: str, path: Path) -> set[str]:
    """The sentences of dciodvfy about a file, without the values in them."""
    with tempfile.TemporaryDirectory() as folder:
        readable = _inflated(path, Path(folder) / "inflated.dcm")
        said = subprocess.run([program, str(readable)], capture_output=True, check=False).stderr
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.startswith("Error")]
    return {re.sub(r"(alue[^<]*)<.*>|\[[^]]*\]| at byte.*|(?<=VR) = \d+", r"\1", line) for line in lines}


def _inflated(path: Path, target: Path) -> Path:
    """A deflated file inflated, since dciodvfy cannot; any other as it is."""
    dataset = read(path)
    if dataset is None or dataset.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
        return path
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(target)
    return target


def _verdict(item: Item, world: World) -> Verdict:
    judged = world.judged[item.instance]
    if judged.after is None:
        return Verdict(item, item.held_ok, item.held_ok or item.action in LENIENT)
    passed = JUDGES[item.action](item, judged, judged.after, world)
    return Verdict(item, passed, passed or (item.action == "date_shifted" and _gone(item, judged.after)))


def _all_texts(item: Item, after: FileDataset) -> list[str]:
    return [text for element in elements(after, item.path) for text in texts(element)]


def _tag_retained(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    return bool(elements(after, item.path))


def _text_notnull(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    return any(text.strip() for text in _all_texts(item, after))


def _text_retained(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    found = _all_texts(item, after)
    return all(_holds(value, found) for value in item.values)


def _holds(value: str, found: list[str]) -> bool:
    wanted, texts_found = normal(value), [normal(text) for text in found]
    if any(wanted in text or _as_number(wanted, text) for text in texts_found):
        return True
    return any(all(word in text for word in re.findall(r"[\w.]+", wanted)) for text in texts_found)


def _as_number(one: str, other: str) -> bool:
    try:
        a, b = float(one), float(other)
    except ValueError:
        return False
    return abs(a - b) <= 1e-5 * max(abs(a), abs(b), 1e-9)


def _text_removed(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    if item.path == "7FE00010":
        return not any(value.encode() in bytes(after.get("PixelData") or b"") for value in item.values)
    found = [normal(text) for text in _all_texts(item, after)]
    bare = [re.sub(r"[\W_]", "", text) for text in found]
    for value in map(normal, item.values):
        if any(value in text for text in found) or ((short := squeezed(value)) and any(short in text for text in bare)):
            return False
    return True


def _date_shifted(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    found = [text for text in _all_texts(item, after) if text.strip()]
    return bool(found) and _gone(item, after) and all(re.match(r"[12]\d{3}[01]\d[0-3]\d", text) for text in found)


def _gone(item: Item, after: FileDataset) -> bool:
    return not any(text.startswith(item.values[0]) for text in _all_texts(item, after))


def _uid_changed(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    new = uid_at(after, item.path)
    return bool(new) and new != item.values[0]


def _uid_consistent(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    new = uid_at(after, item.path)
    return bool(new) and len(world.uids[item.values[0]]) == 1 and len(world.owners[new]) == 1


def _patid_consistent(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    new = str(after.get("PatientID") or "")
    others = [old for old, count in world.patients.items() if new in count]
    return bool(new) and new != item.values[0] and len(world.patients[item.values[0]]) == 1 and len(others) == 1


def _pixels_hidden(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    if "overlay" in item.more:
        plane = after.get(0x60003000)
        return plane is None or sight.overlay_hidden(plane.value or b"", int(after[0x60000011].value), item.more)
    if "icon" in item.more:
        return not (after.get("IconImageSequence") and _icon(after) == _icon(judged.before))
    before, now = judged.pixels
    return before is not None and now is not None and sight.hidden(before, now, item.more)


def _icon(dataset: FileDataset) -> bytes:
    return bytes(dataset.IconImageSequence[0].get("PixelData") or b"")


def _pixels_retained(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    before, now = judged.pixels
    return before is not None and now is not None and sight.retained(before, now, item.more, lossy=judged.lossy)


def _intervals_exact(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    shift = world.consensus.get(judged.instance.patient)
    found = world.shifts.get(item.instance, [])
    if shift is None or not found:
        return False
    return all(abs(each - shift.days) <= 1 if isinstance(each, int) else each == shift for each in found)


def _file_present(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    return True


def _header_valid(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    return not world.errors.get(item.instance)


def _references_resolve(item: Item, judged: Judged, after: FileDataset, world: World) -> bool:
    target = world.judged[item.more["target"]].after
    if target is None:
        return False
    found = [text for element in elements(after, item.path) for text in texts(element)]
    return str(target.get("SOPInstanceUID")) in found


Judge = Callable[[Item, Judged, FileDataset, World], bool]
JUDGES: dict[str, Judge] = {
    "tag_retained": _tag_retained, "text_notnull": _text_notnull, "text_retained": _text_retained,
    "text_removed": _text_removed, "korean_removed": _text_removed, "date_shifted": _date_shifted,
    "uid_changed": _uid_changed, "uid_consistent": _uid_consistent, "patid_consistent": _patid_consistent,
    "pixels_hidden": _pixels_hidden, "pixels_retained": _pixels_retained, "intervals_exact": _intervals_exact,
    "file_present": _file_present, "header_valid": _header_valid, "references_resolve": _references_resolve,
}  # fmt: skip


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus", type=Path)
    arguments.add_argument("output", type=Path)
    arguments.add_argument("--said", type=Path, action="append", default=[], help="a log or receipt to be searched")
    given = arguments.parse_args()
    said = {path.name: path.read_text("utf-8", "replace") for path in given.said}
    show(score(given.corpus, given.output, said=said))


def show(result: Score) -> None:
    """The figures and the commonest failures."""
    for action in ACTIONS:
        passed, required = result.counted((action,))
        if required:
            print(f"{action:20} {passed:6} of {required:6}  {passed / required:8.3%}")
    for name, actions, lenient in (("all", ACTIONS, False), ("MIDI-B's ten, its reading", MIDI_B, True)):
        passed, required = result.counted(actions, midi_b=lenient)
        print(f"{name}: {passed} of {required}, {passed / required:.3%}")
    print(f"missing: {dict(result.missing)}; identifiers left: {sum(result.leaks.values())}")
    for leak, number in result.leaks.most_common(20):
        print(f"  left: {number:4} {leak.category} in {leak.where}")
    grouped: Counter[tuple[str, str, str]] = Counter()
    for (action, category, attribute, instance), number in result.failures().items():
        if instance not in result.lost:
            grouped[action, category, attribute] += number
    for (action, category, attribute), number in grouped.most_common(60):
        print(f"  failed: {number:5} {action} {attribute} ({category})")


if __name__ == "__main__":
    main()
