"""The laws that import-linter cannot see."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "firstlight"
PYTHON = sorted(PACKAGE.rglob("*.py"))
CODE = [
    *PYTHON,
    *sorted((ROOT / "viewer/src").rglob("*.ts")),
    *sorted(PACKAGE.rglob("templates/**/*.html")),
    *sorted((PACKAGE / "web/static/web").rglob("*.css")),
]


def layers() -> list[list[str]]:
    """The house from top to bottom, as import-linter holds it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return [[name.strip(" ()") for name in layer.split("|")] for layer in contracts[0]["layers"]]


def test_foreign_keys_point_downward_as_imports_do() -> None:
    place = {name: depth for depth, layer in enumerate(layers()) for name in layer}
    pointing_up = []
    for model in apps.get_models():
        if not model.__module__.startswith("firstlight."):
            continue
        here = model.__module__.split(".")[1]
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if target is None or not target.__module__.startswith("firstlight."):
                continue
            there = target.__module__.split(".")[1]
            if here != there and place[there] <= place[here]:
                pointing_up.append(f"{model.__name__}.{field.name}")
    assert pointing_up == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_named_after_a_disease(path: Path) -> None:
    found = re.findall(
        r"covid|corona\b|coronavir|\bsars|\bmers\b|ebola|influenza|kicc", path.read_text(), re.IGNORECASE
    )
    assert found == []


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "core", "misc", "shared", "lib", "tools"}
    assert [path for path in PYTHON if path.stem in drawers or path.parent.name in drawers] == []


BANNED = {
    r"force\s*=\s*True": "a file is never read by force",
    r"django\.(db\.models|core|dispatch)\.signals|from django\.dispatch|signals import": "news travels through hooks",
    r"(?<![.\w])(?:eval|exec)\(": "rules are data or functions, never strings",
    r"\|\s*safe\b|autoescape off": "templates escape everything",
    r"datetime\.now\(|datetime\.today\(|date\.today\(|utcnow": "the clock is an argument",
    r"dangerouslySetInnerHTML|\.innerHTML\s*=": "text is text in the page too",
    r"TODO|FIXME|XXX|NotImplementedError": "what is here is finished",
}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_banned_habits_stay_out(path: Path) -> None:
    text = path.read_text()
    assert [why for pattern, why in BANNED.items() if re.search(pattern, text)] == []


PURE = [path for path in PYTHON if path.name == "rules.py" or path.parent.name in {"dicom", "phantoms"}]


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_rules_know_no_database_clock_or_chance(path: Path) -> None:
    imports = re.findall(r"^\s*(?:from|import) (\S+)", path.read_text(), re.MULTILINE)
    assert {name.split(".")[0] for name in imports} & {"django", "random", "secrets", "time"} == set()


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_locks_name_no_host() -> None:
    locks = [*ROOT.glob("requirements/*.txt"), ROOT / "viewer/package-lock.json"]
    assert [
        lock.name for lock in locks if re.search(r"https?://(?!opencollective|github|tidelift|ohif)", lock.read_text())
    ] == []
    assert '"resolved"' not in (ROOT / "viewer/package-lock.json").read_text()


def test_every_requirement_is_locked_with_a_hash() -> None:
    for lock in ROOT.glob("requirements/*.txt"):
        names = re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE)
        assert names
        assert lock.read_text().count("--hash=sha256:") >= len(names)


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    listed = re.findall(
        r'^  "[^"]+",(.*)$', text.split("[project.scripts]")[0].split("dependencies = [")[1], re.MULTILINE
    )
    assert listed
    assert [line for line in listed if "#" not in line] == []


def test_nothing_built_is_committed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in tracked if re.search(r"node_modules|static/viewer|\.mo$|\.dcm$|\.whl$", name)] == []
