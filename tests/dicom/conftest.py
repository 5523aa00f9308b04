import pytest

from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile

SECRET = b"a secret of this invented site"


@pytest.fixture
def key() -> SiteKey:
    return SiteKey.from_bytes(SECRET)


@pytest.fixture
def profile() -> Profile:
    return Profile.load()
