"""`firstlight deidentify`: a folder of DICOM files, de-identified into another."""

import argparse
import json
import re
import signal
import sys
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firstlight.dicom.folder import FileOutcome, Summary
    from firstlight.dicom.identity import Identity
    from firstlight.dicom.keys import SiteKey
    from firstlight.dicom.pixels import PixelReader, PixelVerdict
    from firstlight.dicom.profile import Profile
    from firstlight.dicom.receipts import Signer
    from firstlight.dicom.structure import Instance

QUARANTINED, BAD_CALL, STOPPED = 3, 2, 130
DESCRIPTION = """\
De-identify a folder of DICOM files by PS3.15 Annex E.

What cannot be judged is kept back: named on standard error with the reason, and never written to DST. A part of a
name that may tell of a person is shown as "…".
Run it again after any interruption; the result is the same. Exit codes: 0 all done, 3 some files kept back,
2 a call that cannot be carried out.

The usual options are 113100, 113101, 113103, 113104, 113105, 113107, 113108 and 113111.
113106 (full dates) takes the place of 113107.
"""
EXAMPLE = (
    "example: firstlight deidentify /data/from-pacs /data/to-share --secret-file site.key --receipts /data/receipts"
)


def main(arguments: list[str]) -> int:
    """Carry out the command with these arguments; returns its exit code.

    The standard library reads them: Typer takes longer to import than a series takes to be cleaned (ADR 29).
    """
    given = _parser().parse_args(arguments)
    try:
        return _deidentify(given)
    except _BadCall as bad:
        sys.stderr.write(f"firstlight deidentify: {bad}\n")
        return bad.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "firstlight deidentify",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    say = parser.add_argument
    say("src", metavar="SRC", type=Path, help="folder with DICOM files, of any name and depth")
    say("dst", metavar="DST", type=Path, help="folder for the de-identified files")
    keep_it = "the site's secret, at least 16 bytes; keep it: it alone makes runs agree"
    say("--secret-file", metavar="FILE", type=Path, required=True, help=keep_it)
    say("--receipts", metavar="FOLDER", type=Path, help="folder for one receipt a study")
    say("--workers", metavar="N", type=_count, default=1, help="processes to work with (1)")
    option = "a PS3.15 option besides the usual ones, such as 113109"
    say("--option", metavar="CODE", action="append", default=[], help=option)
    without = "one of the usual options to leave off, such as 113108"
    say("--without", metavar="CODE", action="append", default=[], help=without)
    confirmed = "what a person decided about doubtful images: the file of `firstlight look`"
    say("--confirmed", metavar="FILE", type=Path, help=confirmed)
    kept_back = "file for the full names of what was kept back; names may tell of people"
    say("--kept-back", metavar="FILE", type=Path, help=kept_back)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it is no number from 1 on")
    return int(text)


class _BadCall(Exception):
    """A call that cannot be carried out; its message is a sentence for a person."""

    def __init__(self, sentence: str, code: int = BAD_CALL) -> None:
        super().__init__(sentence)
        self.code = code


def _deidentify(given: argparse.Namespace) -> int:
    key = _key(given.secret_file)
    profile = _profile(given.option, given.without)
    reader = _reader(profile, given.confirmed)
    signal.signal(signal.SIGTERM, _stop)
    try:
        with _names_for(given.kept_back) as note:
            summary = _run(given, key, profile, reader, note)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Nothing is half-written; run the same command again to go on.\n")
        return STOPPED
    print(json.dumps(asdict(summary)))  # noqa: T201 - the program's answer
    return QUARANTINED if summary.refused else 0


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _key(secret_file: Path) -> "SiteKey":
    from firstlight.dicom.keys import SiteKey

    try:
        return SiteKey.from_file(secret_file)
    except OSError as error:
        raise _BadCall(f"the secret file {secret_file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise _BadCall(f"{secret_file}: {error}") from None


def _profile(added: list[str], without: list[str]) -> "Profile":
    from firstlight.dicom.profile import DEFAULT, Profile

    usual = {*DEFAULT} - ({"113107"} if "113106" in added else set()) - {*without}
    try:
        if without:
            Profile.load(without)
        return Profile.load(usual | {*added})
    except ValueError as error:
        raise _BadCall(str(error)) from None


def _reader(profile: "Profile", confirmed: Path | None) -> "PixelReader | None":
    """Who looks at pixels; nobody where Clean Pixel Data is off."""
    from firstlight.dicom.cleaning import CLEAN_PIXELS

    if CLEAN_PIXELS not in profile.options:
        return None
    return _look if confirmed is None else _confirmed_reader(confirmed)


def _look(instance: "Instance", identity: "Identity") -> "PixelVerdict":
    """Who looks is woken by the first instance that needs a look, in each process of its own."""
    return _waking_reader()(instance, identity)


@cache
def _waking_reader() -> "PixelReader":
    from firstlight.pixels.look import pixel_reader

    return pixel_reader()


def _confirmed_reader(confirmed: Path) -> "PixelReader":
    from firstlight.pixels.confirmations import BadLooks, confirmed_in, read_looks
    from firstlight.pixels.look import pixel_reader

    try:
        return pixel_reader(confirmed=confirmed_in(read_looks(confirmed)))
    except BadLooks as error:
        raise _BadCall(str(error)) from None


def _run(
    given: argparse.Namespace,
    key: "SiteKey",
    profile: "Profile",
    reader: "PixelReader | None",
    note: "Callable[[FileOutcome], None]",
) -> "Summary":
    from firstlight.dicom.folder import BadCall, WorkerEnded, deidentify_folder

    with _progress(note) as tell:
        try:
            return deidentify_folder(
                given.src,
                given.dst,
                profile=profile,
                key=key,
                receipts_dir=given.receipts,
                signer=_signer(key) if given.receipts is not None else None,
                workers=given.workers,
                pixels=reader,
                on_outcome=tell,
            )
        except BadCall as error:
            raise _BadCall(str(error)) from None
        except OSError as error:
            why = error.strerror
        except WorkerEnded as error:
            why = str(error)
    raise _BadCall(f"stopped: {why}. Nothing is half-written; run it again once that is mended", 1)


@contextmanager
def _names_for(file: Path | None) -> "Iterator[Callable[[FileOutcome], None]]":
    """Notes the full name of each file that is kept back, for the eyes of who asked for it."""
    if file is None:
        yield lambda _outcome: None
        return
    try:
        names = file.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise _BadCall(f"the file {file} cannot be written: {error.strerror}") from None
    with names:

        def note(outcome: "FileOutcome") -> None:
            if outcome.status == "refused":
                names.write(f"{outcome.source}\t{outcome.reason}\n")

        yield note


@contextmanager
def _progress(note: "Callable[[FileOutcome], None]") -> "Iterator[Callable[[FileOutcome], None]]":
    """Tells a person what is kept back, and at a terminal also how far the run is."""
    if not sys.stderr.isatty():

        def name(outcome: "FileOutcome") -> None:
            note(outcome)
            _name_if_kept_back(outcome)

        yield name
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    columns = (SpinnerColumn(), TextColumn("{task.completed} files, {task.fields[refused]} kept back"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=None, refused=0)
        kept_back = 0

        def tell(outcome: "FileOutcome") -> None:
            nonlocal kept_back
            note(outcome)
            if outcome.status == "refused":
                kept_back += 1
                progress.console.print(_sentence(outcome))
            progress.update(task, advance=1, refused=kept_back)

        yield tell


def _name_if_kept_back(outcome: "FileOutcome") -> None:
    if outcome.status == "refused":
        sys.stderr.write(_sentence(outcome) + "\n")


def _signer(key: "SiteKey") -> "Signer":
    from firstlight.signing import signer_of

    return signer_of(key)


def _sentence(outcome: "FileOutcome") -> str:
    from firstlight.dicom.deidentify import SENTENCES

    return f"kept back: {shown_place(outcome.source)}: {SENTENCES[outcome.reason]} ({outcome.reason})"


def shown_place(source: str) -> str:
    """Where a file lies, without what may name someone: hospitals call folders after their patients."""
    *folders, name = source.split("/")
    shown = [part if _PLAIN.fullmatch(part) else "…" for part in folders]
    return "/".join([*shown, name if _PLAIN.fullmatch(name) or _in_plain_words(name) else "…"])


def _in_plain_words(name: str) -> bool:
    """Whether a file's name is lower-case words that free text may keep, and short numbers."""
    from firstlight.dicom.words import cleaned

    if not re.fullmatch(r"[a-z0-9 _()-]+", Path(name).stem) or re.search(r"\d{7}", name):
        return False
    words = re.findall(r"[a-z]+", Path(name).stem)
    return bool(words) and all(cleaned(word, "imaging") == word for word in words)


# Numbers of up to six digits, and words that programs give files; no name is among them.
_PLAIN_WORDS = (
    "anon|axial|bad|broken|burned|cap|capture|cine|conflict|copy|corrupt|cr|ct|damaged|data|dcm|deflated|dicom|dicomdir|doc|dose|"
    "doubtful|duplicate|dx|empty|exam|export|fail|file|film|folder|frame|garbage|good|held|i|im|image|images|img|in|input|instance|"
    "invalid|junk|ko|link|mg|mr|multi|nm|no|not|notes|ok|old|other|out|pdf|photo|pr|pt|px|random|raw|readme|report|rtdose|rtplan|"
    "rtstruct|s|sc|scan|screen|screenshot|se|secondary|seg|ser|series|short|sl|slice|sr|st|study|subject|test|text|thumb|truncated|"
    "unknown|unreadable|us|visit|wrong|xa|zero"
)
_PLAIN = re.compile(
    rf"(?i)\.?(?:(?:{_PLAIN_WORDS})?\d{{0,6}}(?:[ _()-]+|$|(?=[a-z.])))+"
    r"(?:\.(?:dcm|txt|png|jpe?g|json|bin|zip|ima|pdf))?"
)
