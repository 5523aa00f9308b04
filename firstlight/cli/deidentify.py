"""`firstlight deidentify`: a folder of DICOM files, de-identified into another."""

import json
import re
import signal
import sys
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

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


def deidentify(
    src: Annotated[Path, typer.Argument(metavar="SRC", help="Folder with DICOM files, of any name and depth.")],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="Folder for the de-identified files.")],
    secret_file: Annotated[
        Path, typer.Option(help="The site's secret, at least 16 bytes. Keep it: it alone makes runs agree.")
    ],
    receipts: Annotated[Path | None, typer.Option(help="Folder for one receipt a study.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes to work with.")] = 1,
    option: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="A PS3.15 option besides the usual ones, such as 113109.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="One of the usual options to leave off, such as 113108.")
    ] = None,
    confirmed: Annotated[
        Path | None, typer.Option(help="What a person decided about doubtful images: the file of `firstlight look`.")
    ] = None,
    kept_back: Annotated[
        Path | None, typer.Option(help="File for the full names of what was kept back; names may tell of people.")
    ] = None,
) -> None:
    """De-identify a folder of DICOM files by PS3.15 Annex E.

    What cannot be judged is kept back: named on standard error with the reason, and never written to DST. A part of a
    name that may tell of a person is shown as "…".
    Run it again after any interruption; the result is the same. Exit codes: 0 all done, 3 some files kept back,
    2 a call that cannot be carried out.

    The usual options are 113100, 113101, 113103, 113104, 113105, 113107, 113108 and 113111.
    113106 (full dates) takes the place of 113107.

    Example: firstlight deidentify /data/from-pacs /data/to-share --secret-file site.key --receipts /data/receipts
    """
    key = _key(secret_file)
    profile = _profile(option or [], without or [])
    reader = _reader(profile, confirmed)
    signal.signal(signal.SIGTERM, _stop)
    try:
        with _names_for(kept_back) as note:
            summary = _run(src, dst, key, receipts, workers, profile, reader, note)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Nothing is half-written; run the same command again to go on.\n")
        raise typer.Exit(STOPPED) from None
    print(json.dumps(asdict(summary)))  # noqa: T201 - the program's answer
    raise typer.Exit(QUARANTINED if summary.refused else 0)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _key(secret_file: Path) -> "SiteKey":
    from firstlight.dicom.keys import SiteKey

    try:
        return SiteKey.from_file(secret_file)
    except OSError as error:
        _refuse(f"the secret file {secret_file} cannot be read: {error.strerror}")
    except ValueError as error:
        _refuse(f"{secret_file}: {error}")


def _profile(added: list[str], without: list[str]) -> "Profile":
    from firstlight.dicom.profile import DEFAULT, Profile

    usual = {*DEFAULT} - ({"113107"} if "113106" in added else set()) - {*without}
    try:
        Profile.load(without)
        return Profile.load(usual | {*added})
    except ValueError as error:
        _refuse(str(error))


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
        _refuse(str(error))


def _refuse(sentence: str, code: int = BAD_CALL) -> NoReturn:
    sys.stderr.write(f"firstlight deidentify: {sentence}\n")
    raise typer.Exit(code)


def _run(
    src: Path,
    dst: Path,
    key: "SiteKey",
    receipts: Path | None,
    workers: int,
    profile: "Profile",
    reader: "PixelReader | None",
    note: "Callable[[FileOutcome], None]",
) -> "Summary":
    from firstlight.dicom.folder import BadCall, deidentify_folder

    with _progress(note) as tell:
        try:
            return deidentify_folder(
                src,
                dst,
                profile=profile,
                key=key,
                receipts_dir=receipts,
                signer=_signer(key) if receipts is not None else None,
                workers=workers,
                pixels=reader,
                on_outcome=tell,
            )
        except BadCall as error:
            sentence, code = str(error), BAD_CALL
        except (OSError, BrokenExecutor) as error:
            why = error.strerror if isinstance(error, OSError) else "a worker process was ended"
            sentence, code = f"stopped: {why}. Nothing is half-written; run it again once that is mended", 1
    _refuse(sentence, code)


@contextmanager
def _names_for(file: Path | None) -> "Iterator[Callable[[FileOutcome], None]]":
    """Notes the full name of each file that is kept back, for the eyes of who asked for it."""
    if file is None:
        yield lambda _outcome: None
        return
    try:
        names = file.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        _refuse(f"the file {file} cannot be written: {error.strerror}")
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
