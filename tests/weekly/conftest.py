import pytest

from firstlight.library.models import Case
from firstlight.weekly.models import Round
from tests.cast import Cast
from tests.weekly.rounds import scheduled


@pytest.fixture
def weekly(cast: Cast, case: Case) -> Round:
    """Haneul's case, asked from the day after dawn for a week."""
    return scheduled(cast, case)
