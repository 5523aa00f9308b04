"""A word planted in every element appears nowhere: not in results, not in messages, logs or warnings."""

import contextlib
import io
import json
import logging
import traceback
import warnings

import pytest
from pydicom.datadict import keyword_dict
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from firstlight.dicom.contribution import Contribution
from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import deidentify
from firstlight.dicom.dicom_json import to_dicom_json
from firstlight.dicom.folder import deidentify_folder
from firstlight.dicom.frames import locate_frames
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import Unreadable
from firstlight.dicom.scan import scan, strip
from firstlight.signing import signer_of
from tests.phantoms import as_bytes, identified_ct

SECRET = b"0123456789abcdef"
KEY, PROFILE = SiteKey.from_bytes(SECRET), Profile.load()
VALUES = {
    "LO": "Zq{}Vx", "SH": "Zq{}Vx", "ST": "Zq{}Vx", "LT": "Zq{}Vx", "UT": "Zq{}Vx", "UC": "Zq{}Vx", "UR": "zq:{}vx",
    "PN": "Zq{}Vx^Qvx=洪{}", "AE": "ZQ{}VX",
}  # fmt: skip


def planted_everywhere() -> tuple[Dataset, list[str]]:
    """An object with a word of its own in every textual attribute of the dictionary, and again in a sequence."""
    dataset, item, words = identified_ct(size=2, PatientName="Qvx^Zq0Vx"), Dataset(), []
    for number, tag in enumerate(sorted(keyword_dict.values())):
        vr = dataset_vr(tag)
        if vr in VALUES and (tag >> 16) % 2 == 0 and 0x0008 <= tag >> 16 < 0x7FE0:
            word = VALUES[vr].format(number, number)
            for target in (dataset, item):
                target.add_new(tag, vr, word)
            words += [f"q{number}v", f"Q{number}V"]
    dataset.add_new(0x00091010, "LO", "Zq999999Vx")
    dataset.add_new(0x00090010, "LO", "Zq999998Vx")
    dataset.SourceImageSequence = Sequence([item])
    return dataset, [*words, "q999999v", "q999998v"]


def dataset_vr(tag: int) -> str:
    from firstlight.dicom.structure import dictionary_vr

    return dictionary_vr(tag)


@pytest.fixture
def heard():
    """Everything written, logged or warned while a test runs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    before, root.level = root.level, logging.DEBUG
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: stream.write(str(message))
        yield stream
    root.level = before
    root.removeHandler(handler)


def test_planted_words_appear_nowhere(tmp_path, heard):
    dataset, words = planted_everywhere()
    data = as_bytes(dataset)
    assert len(words) > 1000
    no_number = data.replace(b"DS\x04\x00120 ", b"DS\x04\x00Zq1 ")
    for number, broken in enumerate((data, data[:-3], data[:3000], no_number)):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"file{number}").write_bytes(broken)
        try:
            read_instance(broken)
            locate_frames(broken)
        except Unreadable:
            heard.write(traceback.format_exc())
        contribution = Contribution(SECRET)
        answer = contribution.clean(broken)
        heard.write((answer.pop("content") or b"").decode("latin-1") + json.dumps(answer))
        heard.write(contribution.receipt(answer["study_instance_uid"], "A" * 43))
    summary = deidentify_folder(
        tmp_path / "in", tmp_path / "out", profile=PROFILE, key=KEY, receipts_dir=tmp_path / "receipts",
        signer=signer_of(KEY),
        on_outcome=lambda outcome: heard.write(repr(outcome)),
    )  # fmt: skip
    heard.write(repr(summary) + repr(deidentify(dataset, profile=PROFILE, key=KEY).decisions))
    heard.write(repr(scan(dataset, profile=PROFILE)))
    for path in tmp_path.glob("[or]*/**/*"):
        heard.write(str(path.relative_to(tmp_path)) + (path.read_bytes().decode("latin-1") if path.is_file() else ""))
    text = heard.getvalue()
    assert summary.done == 1
    assert [word for word in words if word in text] == []


def test_stripping_takes_every_planted_word_too():
    dataset, words = planted_everywhere()
    for tag in (0x00100010, 0x00100020, 0x00080005):
        dataset.pop(tag)
    strip(dataset, scan(dataset, profile=PROFILE).strip)
    text = json.dumps(to_dicom_json(dataset))
    assert [word for word in words if word in text] == []
