"""The `firstlight` command: one short module a command."""

import typer

from firstlight.cli.bounce import bounce
from firstlight.cli.case import import_cases
from firstlight.cli.check import check
from firstlight.cli.deidentify import deidentify
from firstlight.cli.demo import demo
from firstlight.cli.gateway import gateway
from firstlight.cli.index import index
from firstlight.cli.ingest import ingest
from firstlight.cli.look import look
from firstlight.cli.member import add, import_list
from firstlight.cli.migrate import migrate
from firstlight.cli.numbers import import_numbers, rank
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
numbers = typer.Typer(help="Counts by place and day.", no_args_is_help=True)

for command in (serve, demo, worker, migrate, check, deidentify, look, gateway, ingest, index, bounce):
    app.command()(command)
member.command()(add)
member.command("import")(import_list)
token.command()(create)
numbers.command("import")(import_numbers)
numbers.command()(rank)
case.command("import")(import_cases)
app.add_typer(member, name="member")
app.add_typer(case, name="case")
app.add_typer(token, name="token")
app.add_typer(numbers, name="numbers")
