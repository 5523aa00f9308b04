"""What others call exactly: commands, addresses, variables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from typer.testing import CliRunner

from firstlight.cli.commands import app
from firstlight.config import environment
from firstlight.config.environment import BadSetting
from tests.cast import Cast

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [
    "serve", "demo", "worker", "migrate", "check", "deidentify", "ingest", "member add", "token create",
    "numbers import", "member import", "bounce", "gateway", "look", "case import", "index",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert f"firstlight {command}" in re.sub(r"\s+", " ", shown.output)


def run(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "firstlight.cli", *arguments, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_member_and_a_token_are_made_on_the_command_line(tmp_path: Path) -> None:
    added = run("member", "add", "--email", "a@example.org", "--name", "A", "--role", "editor", data=tmp_path)
    assert (added.returncode, added.stdout) == (0, "")
    token = run("token", "create", "--email", "a@example.org", "--name", "x", data=tmp_path)
    assert re.fullmatch(r"flt_[\w-]{40,}\n", token.stdout), "the token alone, on standard output"
    bad = [
        run("member", "add", "--email", "nobody", "--name", "A", "--role", "editor", data=tmp_path),
        run("member", "add", "--email", "b@example.org", "--name", "B", "--role", "king", data=tmp_path),
        run("token", "create", "--email", "c@example.org", "--name", "x", data=tmp_path),
        run("ingest", str(tmp_path), "--outbreak", "nowhere", data=tmp_path),
        run("ingest", str(tmp_path / "absent"), "--outbreak", "nowhere", data=tmp_path),
    ]
    assert [(each.returncode, each.stdout, "Traceback" in each.stderr) for each in bad] == [(2, "", False)] * 5
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"FIRSTLIGHT_STORAGE": "ftp://bucket"}, "FIRSTLIGHT_STORAGE"),
        ({"FIRSTLIGHT_STORAGE": "file://relative/path"}, "FIRSTLIGHT_STORAGE"),
        ({"FIRSTLIGHT_EMAIL": "pigeon://"}, "FIRSTLIGHT_EMAIL"),
        ({"FIRSTLIGHT_ORIGIN": "example.org"}, "FIRSTLIGHT_ORIGIN"),
        ({"FIRSTLIGHT_ORIGIN": "https://example.org/path"}, "FIRSTLIGHT_ORIGIN"),
        ({"DATABASE_URL": "postgres://x@localhost/y"}, "FIRSTLIGHT_SECRET_KEY"),
    ],
)
def test_a_bad_variable_is_refused_by_name(tmp_path: Path, variables: dict[str, str], name: str) -> None:
    readers = (environment.database, environment.storage, environment.email, environment.secret_key)
    with pytest.raises(BadSetting, match=name):
        environment.origin(variables)
        for read in readers:
            read(variables, tmp_path)


def test_the_feeds_are_where_the_contract_says(cast: Cast, client: Client) -> None:
    for form in ("atom", "rss", "json"):
        assert client.get(f"/feeds/alerts.{form}").status_code == 200
    assert client.get("/feeds/cap/1.xml").status_code == 404


def test_the_page_of_every_part_is_where_the_contract_says(cast: Cast, client: Client) -> None:
    type(cast.outbreak).objects.update(activated_at="2020-01-20T00:00:00Z")
    for path in ("", "alerts/", "cases/", "numbers/", "readiness/"):
        assert client.get(f"/outbreaks/novel-2031/{path}").status_code == 200, path
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/api/openapi.json").json()["info"]["title"] == "Firstlight"
    table = client.get("/outbreaks/novel-2031/numbers.csv")
    assert b"".join(table.streaming_content if table.streaming else [table.content]).startswith(
        b"place,date,cases,deaths,tests,known_on"
    )


def test_readme_s_two_commands_are_targets() -> None:
    commands = re.findall(r"^make (\w+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands == ["demo", "test"]
    targets = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{command}:", targets, re.MULTILINE) for command in commands)


def test_every_document_s_links_lead_somewhere() -> None:
    missing = [
        f"{document.relative_to(ROOT)}: {link}"
        for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text())
        if not link.startswith("key:") and not (document.parent / link).exists()
    ]
    assert missing == []
