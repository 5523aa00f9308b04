import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.literature.records import file_of, pubmed

# The data folder's own database, whichever the other tests are on.
ENVIRON = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one outbreak."""
    folder = tmp_path_factory.mktemp("data")
    script = (
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from django.utils import timezone\n"
        "from firstlight.outbreaks.models import Outbreak\n"
        "Outbreak.objects.create(slug='one', name_ko='하나', name_en='One', activated_at=timezone.now())\n"
    )
    environ = {**ENVIRON, "FIRSTLIGHT_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    subprocess.run([sys.executable, "-c", script], env=environ, check=True)
    return folder


def firstlight(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firstlight.cli", "paper", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRON)


def test_a_file_goes_in_once_and_its_broken_record_is_named(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "papers.xml"
    path.write_bytes(file_of(pubmed(1, title="The first of two"), pubmed(2).replace("</Article>", "")))
    call = ("import", path, "--outbreak", "one", "--data", data)
    first, second, third = firstlight(*call), firstlight(*call), firstlight(*call, "--again")
    told = json.loads(first.stdout)
    assert (first.returncode, told["new"], told["unreadable"]) == (3, 1, 1)
    assert "record 2 (byte " in first.stderr
    assert (second.returncode, json.loads(second.stdout)["read"]) == (0, 0)
    assert "is in already" in second.stderr
    assert (third.returncode, json.loads(third.stdout)["unchanged"]) == (3, 1)


def test_a_bad_call_ends_with_2_and_a_sentence(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of the kind")
    calls = {
        ("import", path): "none of the forms",
        ("import", tmp_path / "nowhere.xml"): "There is no file 'nowhere.xml'.",
        ("import", path, "--outbreak", "two"): "There is no outbreak 'two' here.",
        ("fetch", "--query", "x", "--source", "who"): "There is no source 'who'.",
        ("fetch", "--query", "x", "--since", "1.2.2031"): "Write the days as in 2020-01-20.",
        ("fetch", "--query", "x", "--server", "ftp://x"): "Write --server as an address",
    }
    for call, word in calls.items():
        answer = firstlight(*call, "--data", data)
        assert answer.returncode == 2, call
        assert word in " ".join(answer.stderr.split()), answer.stderr


def test_a_service_that_does_not_answer_ends_with_4(data: Path) -> None:
    answer = firstlight("fetch", "--query", "x", "--server", "http://127.0.0.1:9", "--data", data)
    assert answer.returncode == 4
    assert "does not answer" in answer.stderr
