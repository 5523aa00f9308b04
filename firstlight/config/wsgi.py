"""The WSGI application that Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from firstlight.config.memory import keep_buffers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firstlight.config.settings")
keep_buffers()
django = get_wsgi_application()

from firstlight.guidance.cds.wsgi import beside as with_order_systems  # noqa: E402 — as below
from firstlight.imaging.dicomweb.wsgi import beside  # noqa: E402 — what it reads exists once Django is set up

application = with_order_systems(beside(django))
