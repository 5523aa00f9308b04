from pathlib import Path

import pytest

from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SECRET = b"a secret of this invented site"


@pytest.fixture
def key() -> SiteKey:
    return SiteKey.from_bytes(SECRET)


@pytest.fixture
def profile() -> Profile:
    return Profile.load()


@pytest.fixture
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the real data (../shared/data) is not beside the project")
    return SHARED
