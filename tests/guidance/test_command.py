"""`firstlight guideline check`: its words and its exit codes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from firstlight.cli.commands import app
from firstlight.guidance.shipped import FOLDER, shipped

RUN = CliRunner()


def test_what_ships_is_sound() -> None:
    result = RUN.invoke(app, ["guideline", "check", *map(str, sorted(FOLDER.glob("*.toml")))])
    assert (result.exit_code, result.stdout) == (0, "")


def test_each_fault_is_named_with_its_smallest_example(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    text = shipped()["ksr-kstr-2020"].replace('purposes = ["rule_out"]', 'purposes = ["diagnosis"]')
    file.write_text(
        text.replace('test_status = { not = "positive" } }\nyields_to', 'test_status = "negative" }\nyields_to')
    )
    result = RUN.invoke(app, ["guideline", "check", str(file)])
    assert result.exit_code == 1
    assert "contradiction: KR20-3 and KR20-3b contradict each other: Setting: Outpatient safe clinic" in result.stdout
    assert "gap: No recommendation answers this situation: " in result.stdout
    assert "vignette: kr20-cough-screening expects KR20-0, KR20-2, gets KR20-2." in result.stdout


@pytest.mark.parametrize("content", [None, b"\xff", b"slug = 1"])
def test_a_bad_call_ends_with_2(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "file.toml"
    if content is not None:
        file.write_bytes(content)
    assert RUN.invoke(app, ["guideline", "check", str(file)]).exit_code == 2
    assert RUN.invoke(app, ["guideline", "check"]).exit_code == 2
