"""The standard's registries as tables: word for word what pydicom has, and no pydicom where none is needed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom.datadict import dictionary_VR, keyword_for_tag

from firstlight.dicom import dictionary

ROOT = Path(__file__).parents[2]
HERE = Path(dictionary.__file__).parent


@pytest.mark.parametrize(("name", "table"), [*dictionary.of_pydicom()])
def test_the_tables_are_thoseof_pydicom(name: str, table: object) -> None:
    assert json.loads((HERE / name).read_text("utf-8")) == json.loads(json.dumps(table))


@pytest.mark.parametrize("tag", [0x00100010, 0x60003000, 0x60FE0040, 0x50200110, 0x00203102, 0x7FE00010, 0x00280106])
def test_vrs_and_keywords_also_of_repeating_groups(tag: int) -> None:
    assert dictionary.vr_of(tag) == dictionary_VR(tag)
    assert dictionary.keyword_of(tag) == keyword_for_tag(tag)


def test_what_the_standard_does_not_know_has_no_vr() -> None:
    assert dictionary.vr_of(0x00100011) == dictionary.keyword_of(0x00100011) == ""


def test_deidentifying_a_folder_needs_neither_pydicom_nor_numpy() -> None:
    program = "import sys, firstlight.dicom.folder; print({'pydicom', 'numpy'} & {*sys.modules})"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


@pytest.mark.parametrize("package", ["dicom", "pixels", "gateway", "imaging"])
def test_who_reads_with_pydicom_has_told_it_to_quote_nothing(package: str) -> None:
    init = ROOT / "firstlight" / package / "__init__.py"
    if package != "dicom":
        assert "firstlight.dicom.quiet" in _imported(init)
        return
    for module in (ROOT / "firstlight" / package).rglob("*.py"):
        names = _imported(module)
        if names & {"pydicom.dataset", "pydicom.dataelem", "pydicom.dcmread", "pydicom.dcmwrite"}:
            assert "firstlight.dicom.quiet" in names, module.name


def _imported(path: Path) -> set[str]:
    """What a module imports at its top."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
