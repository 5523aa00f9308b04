"""The scorer notices every way of being wrong, knows nothing of the engine, and Firstlight leaves nothing."""

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag

from bench.deidentification import peers, sight
from bench.deidentification.corpus import build
from bench.deidentification.key import Key
from bench.deidentification.phrases import lines
from bench.deidentification.planter import rows
from bench.deidentification.score import Score, score

ROOT = Path(__file__).resolve().parents[2]
SEED, PATIENTS = 4021, 5
ALLOWED = {"bench", "pydicom", "numpy", "PIL", "firstlight.phantoms"}
PEERS = {"deid", "dicomanonymizer"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    build(folder, seed=SEED, patients=PATIENTS, size=192)
    return folder


def broken(corpus: Path, target: Path, change: Callable[[Dataset], None]) -> Score:
    """A de-identifier that does one thing to each object and nothing else."""
    target.mkdir()
    for number, path in enumerate(sorted((corpus / "files").rglob("*.dcm"))):
        dataset = dcmread(path)
        change(dataset)
        dataset.save_as(target / f"{number}.dcm")
    return score(corpus, target, check_headers=False)


def rate(result: Score, *actions: str) -> float:
    passed, required = result.counted(actions)
    assert required
    return passed / required


def test_a_seed_makes_the_same_bytes_and_another_other_people(corpus: Path, tmp_path: Path) -> None:
    build(tmp_path / "again", seed=SEED, patients=2, size=192)
    build(tmp_path / "other", seed=SEED + 1, patients=2, size=192)
    first = {path.relative_to(tmp_path / "again"): path for path in (tmp_path / "again/files").rglob("*.dcm")}
    assert all((corpus / name).read_bytes() == path.read_bytes() for name, path in first.items())
    people = [{one.text for one in Key.read(tmp_path / name / "key").planted if one.category == "patient number"}
              for name in ("again", "other")]  # fmt: skip
    assert people[0].isdisjoint(people[1])


def test_doing_nothing_fails_all_that_must_go_and_passes_all_that_must_stay(corpus: Path, tmp_path: Path) -> None:
    result = broken(corpus, tmp_path / "out", lambda dataset: None)
    gone = ("text_removed", "korean_removed", "date_shifted", "uid_changed", "patid_consistent", "pixels_hidden")
    stays = ("tag_retained", "text_notnull", "text_retained", "pixels_retained", "intervals_exact", "file_present")
    assert rate(result, *gone) == 0
    assert rate(result, *[action for action in stays if result.counted((action,))[1]], "references_resolve") == 1
    assert result.leaks.total() > 1000


def test_removing_everything_passes_what_must_go_and_fails_what_must_stay(corpus: Path, tmp_path: Path) -> None:
    kept = {"SOPClassUID", "SOPInstanceUID", "SeriesNumber", "InstanceNumber"}

    def empty(dataset: Dataset) -> None:
        for element in list(dataset):
            if element.keyword not in kept:
                del dataset[element.tag]

    result = broken(corpus, tmp_path / "out", empty)
    removed = result.counted(("text_removed", "korean_removed"))
    assert removed[0] > 0.95 * removed[1]
    assert rate(result, "intervals_exact", "date_shifted", "patid_consistent", "pixels_retained") == 0
    assert rate(result, "text_retained") < 0.15


def test_dates_that_are_merely_gone_satisfy_midi_b_and_not_us(corpus: Path, tmp_path: Path) -> None:
    def undated(dataset: Dataset) -> None:
        dataset.walk(lambda place, element: place.__delitem__(element.tag) if element.VR in {"DA", "DT"} else None)

    result = broken(corpus, tmp_path / "out", undated)
    assert rate(result, "date_shifted", "intervals_exact") == 0
    passed, required = result.counted(("date_shifted",), midi_b=True)
    assert passed == required


def test_one_day_more_in_one_object_breaks_the_interval(corpus: Path, tmp_path: Path) -> None:
    def shifted(dataset: Dataset) -> None:
        day = "20010101" if int(dataset.InstanceNumber) == 1 else "20010102"
        dataset.walk(lambda place, element: setattr(element, "value", day) if element.VR == "DA" else None)

    assert rate(broken(corpus, tmp_path / "out", shifted), "intervals_exact") < 0.5


def test_a_missing_file_fails_everything_that_was_asked_of_it(corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus / "files", tmp_path / "out")
    instance = next(each for each in Key.read(corpus / "key").instances if each.kind == "CT")
    (tmp_path / "out" / instance.file).unlink()
    result = score(corpus, tmp_path / "out", check_headers=False)
    assert result.lost == {instance.name}
    assert not any(each.passed for each in result.verdicts if each.item.instance == instance.name)
    assert any(each.midi_b for each in result.verdicts if each.item.instance == instance.name)


def test_outputs_are_told_by_content_when_their_numbers_are_gone(corpus: Path, tmp_path: Path) -> None:
    instance = next(each for each in Key.read(corpus / "key").instances if each.kind == "CT")
    (tmp_path / "out").mkdir()
    dataset = dcmread(corpus / "files" / instance.file)
    del dataset.SeriesNumber, dataset.InstanceNumber
    dataset.save_as(tmp_path / "out" / "renamed")
    assert instance.name not in score(corpus, tmp_path / "out", check_headers=False).lost


def test_identity_in_messages_and_names_of_files_is_found(corpus: Path, tmp_path: Path) -> None:
    planted = next(one for one in Key.read(corpus / "key").planted if one.category == "resident number")
    (tmp_path / "out" / planted.text).mkdir(parents=True)
    result = score(corpus, tmp_path / "out", said={"messages": f"cannot read {planted.text}"}, check_headers=False)
    assert {leak.where for leak in result.leaks} == {"file names", "messages"}


def test_covered_ink_is_hidden_and_half_covered_ink_is_not(corpus: Path) -> None:
    key = Key.read(corpus / "key")
    files = {each.name: each.file for each in key.instances}
    item = next(each for each in key.items if each.category == "burned-in text")
    before = peers_pixels(corpus / "files" / files[item.instance])
    top, left, bottom, right = item.more["box"]
    half, whole = before.copy(), before.copy()
    whole[:, top:bottom, left:right] = 0
    half[:, top:bottom, left : (left + right) // 2] = 0
    assert sight.hidden(before, whole, item.more)
    assert not sight.hidden(before, half, item.more)
    assert not sight.hidden(before, before, item.more)


def peers_pixels(path: Path) -> "sight.Pixels":
    from bench.deidentification.outputs import pixels, read

    dataset = read(path)
    assert dataset is not None
    found = pixels(dataset)
    assert found is not None
    return found


def test_there_are_phrases_enough() -> None:
    assert len({*lines("en"), *lines("ko")}) >= 400


@pytest.mark.parametrize("path", sorted((ROOT / "bench/deidentification").glob("*.py")), ids=lambda path: path.name)
def test_the_key_is_made_by_code_that_knows_nothing_of_the_engine(path: Path) -> None:
    import sys

    allowed = ALLOWED | (PEERS if path.name == "recipes.py" else set())
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            first = ".".join(name.split(".")[:2]) if name.startswith("firstlight") else name.split(".")[0]
            assert first in allowed or first in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_each_row_says_what_the_standard_says(shared_data: Path) -> None:
    table = json.loads((shared_data / "deid/ps3_15/confidentiality_profile_attributes.json").read_text())
    options = {"cleanDescOpt": "113105", "cleanStructContOpt": "113104", "cleanGraphOpt": "113103",
               "rtnLongModifDatesOpt": "113107", "rtnPatCharsOpt": "113108", "rtnSafePrivOpt": "113111"}  # fmt: skip
    said = {}
    for row in table:
        if row["id"].isalnum() and "x" not in row["id"]:
            also = [f"{code} {row[name]}" for name, code in options.items() if row.get(name)]
            said[keyword_for_tag(int(row["id"], 16))] = "; ".join([row["basicProfile"].split("\n")[0], *also])
    assert {keyword: text for keyword, text in rows().items() if said[keyword] != text} == {}


def test_firstlight_leaves_nothing_of_a_small_corpus(tmp_path: Path) -> None:
    build(tmp_path / "corpus", seed=77, patients=2, size=192)
    tool = peers.tools()[0]
    run = peers.scored(tool, tmp_path / "corpus", tmp_path)
    assert run.code in {0, 3}
    assert dict(run.score.leaks) == {}
    judged = [each for each in run.score.verdicts if each.item.instance not in run.score.lost]
    assert sum(each.passed for each in judged) >= FLOOR * len(judged)


FLOOR = 0.9
