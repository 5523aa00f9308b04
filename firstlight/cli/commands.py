"""All commands of `firstlight`; their help is Typer's."""

import typer

from firstlight.cli.bounce import bounce
from firstlight.cli.case import import_cases
from firstlight.cli.check import check
from firstlight.cli.demo import demo
from firstlight.cli.dicom import dicom
from firstlight.cli.gateway import gateway
from firstlight.cli.guideline import check_guidelines
from firstlight.cli.index import index
from firstlight.cli.ingest import ingest
from firstlight.cli.look import look
from firstlight.cli.member import add, import_list
from firstlight.cli.migrate import migrate
from firstlight.cli.numbers import import_numbers, rank
from firstlight.cli.paper import fetch_papers, import_papers
from firstlight.cli.peer import add_peer, list_peers, remove_peer
from firstlight.cli.reread import reread
from firstlight.cli.serve import serve
from firstlight.cli.token import create
from firstlight.cli.worker import worker

app = typer.Typer(
    name="firstlight",
    help="What a radiology society switches on the day a new disease appears.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
member = typer.Typer(help="Members of the society.", no_args_is_help=True)
token = typer.Typer(help="Keys for programs.", no_args_is_help=True)
case = typer.Typer(help="Teaching cases.", no_args_is_help=True)
peer = typer.Typer(help="Programs that talk DICOM with the depository.", no_args_is_help=True)
numbers = typer.Typer(help="Counts by place and day.", no_args_is_help=True)
paper = typer.Typer(help="Papers.", no_args_is_help=True)
guideline = typer.Typer(help="Guidelines that are kept as files.", no_args_is_help=True)


def deidentify(context: typer.Context) -> None:
    """De-identify a folder of DICOM files by PS3.15 Annex E."""
    from firstlight.cli.deidentify import main

    raise typer.Exit(main(context.args))


for command in (serve, demo, worker, migrate, check, look, gateway, dicom, ingest, reread, index, bounce):
    app.command()(command)
as_they_stand = {"allow_extra_args": True, "ignore_unknown_options": True}
app.command(context_settings=as_they_stand, add_help_option=False)(deidentify)
member.command()(add)
member.command("import")(import_list)
token.command()(create)
peer.command("add")(add_peer)
peer.command("list")(list_peers)
peer.command("remove")(remove_peer)
numbers.command("import")(import_numbers)
numbers.command()(rank)
case.command("import")(import_cases)
paper.command("import")(import_papers)
paper.command("fetch")(fetch_papers)
guideline.callback()(lambda: None)
guideline.command("check")(check_guidelines)
app.add_typer(member, name="member")
app.add_typer(case, name="case")
app.add_typer(token, name="token")
app.add_typer(peer, name="peer")
app.add_typer(numbers, name="numbers")
app.add_typer(paper, name="paper")
app.add_typer(guideline, name="guideline")
