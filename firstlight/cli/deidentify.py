"""`firstlight deidentify`: a folder of DICOM files, de-identified into another."""

import json
import signal
import sys
from concurrent.futures import BrokenExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
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
) -> None:
    """De-identify a folder of DICOM files by PS3.15 Annex E.

    What cannot be judged is kept back: named on standard error with the reason, and never written to DST.
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
        summary = _run(src, dst, key, receipts, workers, profile, reader)
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
) -> "Summary":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from firstlight.dicom.folder import BadCall, deidentify_folder
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    columns = (SpinnerColumn(), TextColumn("{task.completed} files, {task.fields[refused]} kept back"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=None, refused=0)
        kept_back = 0

        def tell(outcome: "FileOutcome") -> None:
            nonlocal kept_back
            if outcome.status == "refused":
                kept_back += 1
                progress.console.print(_sentence(outcome))
            progress.update(task, advance=1, refused=kept_back)

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
            progress.stop()
            _refuse(str(error))
        except (OSError, BrokenExecutor) as error:
            progress.stop()
            why = error.strerror if isinstance(error, OSError) else "a worker process was ended"
            _refuse(f"stopped: {why}. Nothing is half-written; run it again once that is mended", code=1)


def _signer(key: "SiteKey") -> "Signer":
    from firstlight.signing import signer_of

    return signer_of(key)


def _sentence(outcome: "FileOutcome") -> str:
    from firstlight.dicom.deidentify import SENTENCES

    name = outcome.source.encode("utf-8", "backslashreplace").decode()
    return f"kept back: {name}: {SENTENCES[outcome.reason]} ({outcome.reason})"
