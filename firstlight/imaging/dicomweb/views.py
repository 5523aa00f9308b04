"""The addresses of /dicom-web under Django: a browser's session, and everything that writes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from firstlight.imaging.dicomweb.addresses import ROOT, answer
from firstlight.imaging.dicomweb.crossing import crossing, is_preflight, preflight
from firstlight.imaging.dicomweb.exchange import Answer, Asked
from firstlight.imaging.dicomweb.storing import STORES, Stow, store_instances
from firstlight.imaging.policies import can_contribute, needs_receipt, reader_of
from firstlight.people.doors import who_asks
from firstlight.people.models import Member
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest


@csrf_exempt
def door(request: TimedRequest, *_uids: str) -> HttpResponseBase:
    """A DICOMweb address: the asker is known before anything is looked up, an unusable token is refused at once."""
    if is_preflight(str(request.method), lambda name: request.headers.get(name, "")):
        return as_response(preflight(request.headers["Origin"]))
    found = _answer(request)
    leave = crossing(request.headers.get("Origin", ""))
    if "Vary" in leave:
        patch_vary_headers(found, [leave.pop("Vary")])
    for name, value in leave.items():
        found[name] = value
    return found


def _answer(request: TimedRequest) -> HttpResponseBase:
    path, member = request.path.removeprefix(ROOT), who_asks(request, at=request.now)
    if member is None and "Authorization" in request.headers:
        refused = problem(401, "This token is not valid, or not any more")
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    if request.method == "POST" and STORES.fullmatch(path):
        return store(request, member, path)
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        refused = problem(405, "This address is for reading")
        refused["Allow"] = "GET, HEAD, OPTIONS"
        return refused
    found = answer(asked_by(request, member), "" if request.method == "OPTIONS" else path)
    return as_response(found) if found else problem(404, "There is nothing here")


def asked_by(request: TimedRequest, member: Member | None) -> Asked:
    """A Django request as the reading code takes it."""
    query = [(name, value) for name, values in request.GET.lists() for value in values]
    return Asked(reader_of(member), request.now, _root(request), query, lambda name: request.headers.get(name, ""))


def as_response(found: Answer) -> HttpResponseBase:
    """An answer as Django sends it."""
    make: Callable[..., HttpResponseBase] = HttpResponse if isinstance(found.body, bytes) else StreamingHttpResponse
    return make(found.body, status=found.status, content_type=found.content_type or None, headers=found.headers)


def _root(request: HttpRequest) -> str:
    return request.build_absolute_uri(ROOT)


def store(request: TimedRequest, member: Member | None, path: str) -> HttpResponseBase:
    """STOW-RS for a browser's session, and for a program whose token Django read."""
    if member is None:
        return problem(401, "Sign in, or send a token, to store images")
    if not can_contribute(member):
        return problem(403, "Only editors, site coordinators and administrators can store images")
    if "Authorization" not in request.headers and _forged(request):
        return problem(403, "The form's security token is missing; load the page again")
    length = request.headers.get("Content-Length", "")
    stow = Stow(
        sender=member,
        requires_receipt=needs_receipt(member),
        at=request.now,
        root=_root(request),
        path=path,
        query=request.META.get("QUERY_STRING", ""),
        content_type=request.headers.get("Content-Type", ""),
        content_encoding=request.headers.get("Content-Encoding", ""),
        length=int(length) if length.isdecimal() else None,
        address=request.META.get("REMOTE_ADDR", ""),
        read=request.read,
    )
    return as_response(store_instances(stow))


def _forged(request: HttpRequest) -> bool:
    """Whether a browser's request lacks the proof that it came from this site's own page."""
    check = CsrfViewMiddleware(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda _request: HttpResponse(), (), {}) is not None
