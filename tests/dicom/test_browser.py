import json
import subprocess
import sys

import pytest

from firstlight.dicom.browser import deidentify_for_browser, receipt_for_browser
from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import load_receipt, verify_receipt
from tests.phantoms import as_bytes, identified_ct

SECRET = b"0123456789abcdef"


def test_the_browser_gets_the_very_same_bytes():
    data = as_bytes(identified_ct())
    answer = deidentify_for_browser(data, SECRET)
    outcome = deidentify_bytes(data, profile=Profile.load(), key=SiteKey.from_bytes(SECRET))
    assert answer["content"] == outcome.content
    assert answer["path"] == str(outcome.path)
    assert answer["actions"]["X"] > 10
    row = next(row for row in answer["decisions"] if row["tag"] == "(0008,0080)")
    assert (row["keyword"], row["action"]) == ("InstitutionName", "X")
    json.dumps({key: value for key, value in answer.items() if key != "content"})


def test_bad_files_are_answers_and_bad_calls_are_errors():
    answer = deidentify_for_browser(b"nothing", SECRET)
    assert (answer["status"], answer["reason"], answer["content"]) == ("refused", "not-dicom", None)
    assert "DICOM" in answer["message"]
    with pytest.raises(ValueError, match="16 bytes"):
        deidentify_for_browser(b"", b"short")
    with pytest.raises(ValueError, match="not available"):
        deidentify_for_browser(b"", SECRET, '["113101"]')


def test_the_receipt_of_a_study():
    answers = [deidentify_for_browser(as_bytes(identified_ct(number)), SECRET) for number in (1, 2)]
    answers.append(deidentify_for_browser(as_bytes(identified_ct(3, BurnedInAnnotation="YES")), SECRET))
    for answer in answers:
        del answer["content"]
    receipt = load_receipt(receipt_for_browser(json.dumps(answers), SECRET))
    assert verify_receipt(receipt, SiteKey.from_bytes(SECRET))
    assert len(receipt["instances"]) == 2
    assert receipt["refused"] == {"burned-in-annotation": 1}


def test_the_package_needs_pydicom_alone():
    program = """
import sys
for name in ("numpy", "django", "typer", "rich", "PIL", "pynetdicom"):
    sys.modules[name] = None
import firstlight.dicom.browser, firstlight.dicom.folder, firstlight.dicom.scan, firstlight.dicom.frames
import firstlight.dicom.dicom_json, firstlight.dicom.geometry
"""
    subprocess.run([sys.executable, "-c", program], check=True)
