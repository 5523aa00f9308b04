"""Every address of the site, by part."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from firstlight.config.api import api
from firstlight.web.views import show_style_guide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("firstlight.outbreaks.urls")),
    path("", include("firstlight.alerts.urls")),
    path("", include("firstlight.people.urls")),
    path("", include("firstlight.weekly.urls")),
    path("", include("firstlight.library.urls")),
    path("", include("firstlight.guidance.urls")),
    path("", include("firstlight.readiness.urls")),
    path("", include("firstlight.surveillance.urls")),
    path("", include("firstlight.imaging.urls")),
    path("", include("firstlight.literature.urls")),
    path("", include("firstlight.delivery.urls")),
    path("", include("firstlight.sightings.urls")),
    path("", include("firstlight.reading.urls")),
    path("", include("firstlight.fhir.urls")),
    path("", include("firstlight.guidance.cds.urls")),
    path("", include("firstlight.replay.urls")),
    path("", include("firstlight.visits.urls")),
    # Last, since an outbreak's slug would match any word that is an address of its own.
    path("", include("firstlight.situation.urls")),
    path("account/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", api.urls),
]

if settings.SHOW_STYLE_GUIDE:
    urlpatterns.append(path("style/", show_style_guide, name="style_guide"))

handler400 = "firstlight.web.views.bad_request"
handler403 = "firstlight.web.views.permission_denied"
handler404 = "firstlight.web.views.page_not_found"
