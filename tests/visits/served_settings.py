"""The site's own settings, with the pages of `tests.visits.served`."""

from firstlight.config.settings import *  # noqa: F403
from firstlight.config.settings import MIDDLEWARE

ROOT_URLCONF = "tests.visits.served"
_after = MIDDLEWARE.index("firstlight.web.clock.AsOfMiddleware") + 1
MIDDLEWARE = [*MIDDLEWARE[:_after], "tests.visits.served.ToldClock", *MIDDLEWARE[_after:]]
