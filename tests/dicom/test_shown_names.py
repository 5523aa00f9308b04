"""What of a file's name a message may show: names of folders are often names of people."""

import pytest

from firstlight.cli.deidentify import shown_place


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("bad.dcm", "bad.dcm"),
        ("IM-0001-0005.dcm", "IM-0001-0005.dcm"),
        ("not-a-dicom-file.txt", "not-a-dicom-file.txt"),
        ("HONG_GILDONG/IM0001", "…/IM0001"),
        ("홍길동 12345678/CT/0001.dcm", "…/CT/0001.dcm"),
        ("12345678.dcm", "…"),
        ("hong_gildong.dcm", "…"),
        ("Smith^John.dcm", "…"),
        ("1.2.410.200010.99.dcm", "…"),
    ],
)
def test_what_may_name_someone_is_not_shown(source: str, shown: str) -> None:
    assert shown_place(source) == shown
