"""`firstlight look`: a person looks at the images that de-identification keeps back."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

BAD_CALL = 2


def look(
    src: Annotated[Path, typer.Argument(metavar="SRC", help="Folder with the hospital's own DICOM files.")],
    confirmed: Annotated[Path, typer.Option(help="File the decisions are kept in; `deidentify` reads it.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
) -> None:
    """Look at doubtful images, draw boxes over names, and confirm.

    The page answers on this machine alone, at an address with a token in it. Stop it with Ctrl+C.

    Example: firstlight look /data/from-pacs --confirmed looks.json
    """
    from firstlight.dicom.folder import files_under
    from firstlight.pixels.confirmations import BadLooks, confirmed_in, read_looks
    from firstlight.pixels.look import pixel_reader
    from firstlight.pixels.review import Review, doubtful_if_asked, review_server

    if not src.exists():
        _refuse(f"there is no {src}")
    try:
        reader = pixel_reader(confirmed=confirmed_in(read_looks(confirmed)))
        paths = [path for path, obstacle in files_under(src) if not obstacle]
        images = [each for path in paths if (each := doubtful_if_asked(path, reader))]
        review = Review(images, confirmed, lambda: datetime.fromtimestamp(time.time(), UTC))
    except BadLooks as error:
        _refuse(str(error))
    server = review_server(review, port=port)
    address = f"http://127.0.0.1:{server.server_port}/{review.token}/"
    print(f"{len(images)} doubtful images. Look at them here: {address}", flush=True)  # noqa: T201 - the program's answer
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was decided is kept.\n")
    finally:
        server.server_close()


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"firstlight look: {sentence}\n")
    raise typer.Exit(BAD_CALL)
