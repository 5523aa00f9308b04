"""`firstlight deidentify`: a folder of DICOM files, de-identified into another."""

import json
import signal
import sys
from concurrent.futures import BrokenExecutor
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from firstlight.dicom.folder import FileOutcome, Summary
    from firstlight.dicom.keys import SiteKey

QUARANTINED, BAD_CALL, STOPPED = 3, 2, 130


def deidentify(
    src: Annotated[Path, typer.Argument(metavar="SRC", help="Folder with DICOM files, of any name and depth.")],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="Folder for the de-identified files.")],
    secret_file: Annotated[
        Path, typer.Option(help="The site's secret, at least 16 bytes. Keep it: it alone makes runs agree.")
    ],
    receipts: Annotated[Path | None, typer.Option(help="Folder for one receipt a study.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes to work with.")] = 1,
) -> None:
    """De-identify a folder of DICOM files by PS3.15 Annex E.

    What cannot be judged is kept back: named on standard error with the reason, and never written to DST.
    Run it again after any interruption; the result is the same. Exit codes: 0 all done, 3 some files kept back,
    2 a call that cannot be carried out.

    Example: firstlight deidentify /data/from-pacs /data/to-share --secret-file site.key --receipts /data/receipts
    """
    key = _key(secret_file)
    signal.signal(signal.SIGTERM, _stop)
    try:
        summary = _run(src, dst, key, receipts, workers)
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


def _refuse(sentence: str, code: int = BAD_CALL) -> NoReturn:
    sys.stderr.write(f"firstlight deidentify: {sentence}\n")
    raise typer.Exit(code)


def _run(src: Path, dst: Path, key: "SiteKey", receipts: Path | None, workers: int) -> "Summary":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from firstlight.dicom.folder import BadCall, deidentify_folder
    from firstlight.dicom.profile import Profile

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
                src, dst, profile=Profile.load(), key=key, receipts_dir=receipts, workers=workers, on_outcome=tell
            )
        except BadCall as error:
            progress.stop()
            _refuse(str(error))
        except (OSError, BrokenExecutor) as error:
            progress.stop()
            why = error.strerror if isinstance(error, OSError) else "a worker process was ended"
            _refuse(f"stopped: {why}. Nothing is half-written; run it again once that is mended", code=1)


def _sentence(outcome: "FileOutcome") -> str:
    from firstlight.dicom.deidentify import SENTENCES

    name = outcome.source.encode("utf-8", "backslashreplace").decode()
    return f"kept back: {name}: {SENTENCES[outcome.reason]} ({outcome.reason})"
