"""The JSON API at /api/, with its OpenAPI document at /api/openapi.json."""

from importlib.metadata import version

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from firstlight.imaging.api import router as imaging
from firstlight.library.api import router as library
from firstlight.outbreaks.api import router as outbreaks
from firstlight.sightings.api import router as sightings
from firstlight.web.problems import problem
from firstlight.weekly.api import router as weekly

api = NinjaAPI(title="Firstlight", version=version("firstlight"), urls_namespace="api", docs_url=None)
api.add_router("", outbreaks)
api.add_router("", imaging)
api.add_router("", library)
api.add_router("", sightings)
api.add_router("", weekly)


@api.exception_handler(AuthenticationError)
def _unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return problem(401, "Sign in, or send a token that is valid")


@api.exception_handler(PermissionDenied)
def _refused(_request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, "You may not do this", str(error))


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(404, "There is nothing here")


@api.exception_handler(HttpError)
def _failed(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "The request cannot be carried out", str(error))


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    # Only where and what: the value that was sent may be anything, and stays out of the answer.
    where = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors)
    return problem(422, "The request does not have the right form", where)
