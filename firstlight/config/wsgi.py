"""The WSGI application that Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firstlight.config.settings")
django = get_wsgi_application()

from firstlight.imaging.dicomweb.wsgi import beside  # noqa: E402 — what it reads exists once Django is set up

application = beside(django)
