import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.surveillance.files import plain


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
    environ = {**os.environ, "FIRSTLIGHT_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    subprocess.run([sys.executable, "-c", script], env=environ, check=True)
    return folder


def firstlight(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firstlight.cli", "numbers", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_file_goes_in_once(data: Path, tmp_path: Path) -> None:
    path = plain(tmp_path, "KR,2020-03-01,10,1,", "KR,2020-03-02,12,1,")
    call = ("import", path, "--outbreak", "one", "--source", "csv", "--data", data)
    first, second = firstlight(*call), firstlight(*call)
    assert (first.returncode, json.loads(first.stdout)) == (0, {"new": 4, "corrected": 0, "unchanged": 0})
    assert (second.returncode, json.loads(second.stdout)) == (0, {"new": 0, "corrected": 0, "unchanged": 4})


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"--outbreak": "two"}, "There is no outbreak 'two' here."),
        ({"--source": "who"}, "There is no source 'who'. Sources: csv, ds4c, jhu, owid, ecdc."),
        ({"--known-on": "28.6.2020"}, "Write the day as in 2020-06-28."),
        ({"--measure": "tests"}, "Write --measure cases or --measure deaths."),
    ],
)
def test_a_bad_call_ends_with_2_and_a_sentence(data: Path, tmp_path: Path, change: dict[str, str], word: str) -> None:
    options = {"--outbreak": "one", "--source": "csv", "--data": str(data), **change}
    flat = [part for pair in options.items() for part in pair]
    ended = firstlight("import", plain(tmp_path, "KR,2020-03-01,10,1,"), *flat)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert word in ended.stderr


def test_a_bad_file_ends_with_2_and_its_lines(data: Path, tmp_path: Path) -> None:
    path = plain(tmp_path, "KR,2020-04-01,10,1,", "Oz,2020-04-02,12,1,", "KR,4/3/2020,12,1,")
    ended = firstlight("import", path, "--outbreak", "one", "--source", "csv", "--data", data)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[:1] == ["line 3: the place 'Oz' is not known"]
    assert "line 4: '4/3/2020' is not a day as in '2020-03-12'" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "Nothing was imported."


def test_sources_are_ranked_from_the_command_line(data: Path) -> None:
    good = firstlight("rank", "jhu", "csv", "--outbreak", "one", "--data", data)
    assert (good.returncode, good.stderr.strip()) == (0, "From now on: jhu > csv.")
    bad = firstlight("rank", "who", "--outbreak", "one", "--data", data)
    assert bad.returncode == 2
    assert "Name each of these at most once" in bad.stderr
