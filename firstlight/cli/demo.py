import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from firstlight.cli.serve import Host, Port, collect_static, run, shown_host
from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django


def demo(
    data: DataFolder = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    serve: Annotated[bool, typer.Option(help="Serve when filled.")] = True,
    workers: Annotated[int, typer.Option(help="Web processes.")] = 2,
    reset: Annotated[bool, typer.Option(help="Delete a demo's data folder first.")] = False,
) -> None:
    """Fill an empty data folder with the replay of 2020 on synthetic patients, then serve it.

    Stopped half-way, it goes on where it was; on a filled folder it only serves.

    Example: firstlight demo --data ./firstlight-data --port 8000
    """

    os.environ.setdefault("FIRSTLIGHT_ORIGIN", f"http://{shown_host(host)}:{port}")
    if reset:
        delete_demo(data)
    start_django(data)
    migrate_database()
    from firstlight.replay.play import fill
    from firstlight.replay.progress import shown_on

    with shown_on(console) as tell:
        accounts = fill(tell)
    collect_static()
    console.print("Sign in as:")
    for account in accounts:
        console.print(f"  {account.email}   password {account.password}   {', '.join(account.roles)}", highlight=False)
    if serve:
        run(host=host, port=port, workers=workers)


def delete_demo(data: Path | None) -> None:
    """Remove a data folder that a demo has filled; any other is refused."""
    folder = data or Path(os.environ.get("FIRSTLIGHT_DATA", "firstlight-data"))
    if folder.exists() and not (folder / "demo-password").is_file():
        refuse("This folder was not filled by a demo. It is left as it is.")
    shutil.rmtree(folder, ignore_errors=True)
