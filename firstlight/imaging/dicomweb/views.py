"""The addresses of /dicom-web under Django: a browser's session, and everything that writes."""

from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from firstlight.imaging.actions import Outcome, receive
from firstlight.imaging.dicomweb.addresses import ROOT, answer
from firstlight.imaging.dicomweb.exchange import Answer, Asked
from firstlight.imaging.dicomweb.multipart import BadMultipart, parts_of
from firstlight.imaging.policies import can_contribute, needs_receipt, reader_of
from firstlight.imaging.ready import JSON, element
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import who_asks
from firstlight.people.models import Member
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest

# PS3.18 table 10.5.3-1 and PS3.4 table CC.2.3-1.
FAILURE_REASONS = {"unknown-sop-class": 0x0122, "doubtful-pixels": 0x0122, "conflict": 0x0111}
CANNOT_UNDERSTAND = 0xC000


@csrf_exempt
def door(request: TimedRequest, *_uids: str) -> HttpResponseBase:
    """A DICOMweb address: the asker is known before anything is looked up, an unusable token is refused at once."""
    path, member = request.path.removeprefix(ROOT), who_asks(request, at=request.now)
    if member is None and "Authorization" in request.headers:
        refused = problem(401, "This token is not valid, or not any more")
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    if request.method == "POST" and path == "/studies":
        return store_instances(request, member)
    if request.method not in ("GET", "HEAD"):
        return problem(405, "This address is for reading")
    found = answer(asked_by(request, member), path)
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


def store_instances(request: TimedRequest, member: Member | None) -> HttpResponse:
    """STOW-RS (PS3.18 10.5): each instance is accepted or held on its own, and the answer says which and why."""
    if member is None:
        return problem(401, "Sign in, or send a token, to store images")
    if not can_contribute(member):
        return problem(403, "Only editors, site coordinators and administrators can store images")
    if "Authorization" not in request.headers and _forged(request):
        return problem(403, "The form's security token is missing; load the page again")
    slug = request.GET.get("outbreak")
    outbreak = Outbreak.objects.known(request.now).filter(slug=slug).first() if slug else None
    if slug and outbreak is None:
        return problem(404, "There is no such outbreak")
    try:
        contents = list(parts_of(request.body, request.headers.get("Content-Type", "")))
    except BadMultipart as error:
        return problem(400, "The body cannot be read", str(error))
    outcomes = receive(contents, outbreak=outbreak, by=member, at=request.now, requires_receipt=needs_receipt(member))
    return stored_answer(list(outcomes), root=_root(request))


def _forged(request: HttpRequest) -> bool:
    """Whether a browser's request lacks the proof that it came from this site's own page."""
    check = CsrfViewMiddleware(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda _request: HttpResponse(), (), {}) is not None


def stored_answer(outcomes: list[Outcome], *, root: str) -> HttpResponse:
    """The Store Instances Response (PS3.18 table 10.5.3-1), with our own reason beside the standard's code."""
    failed = [each for each in outcomes if each.status == "held"]
    stored = [each for each in outcomes if each.status != "held"]
    body: JSON = {}
    if stored:
        body["00081199"] = {"vr": "SQ", "Value": [_stored_item(each, root) for each in stored]}
    if failed:
        body["00081198"] = {"vr": "SQ", "Value": [_failed_item(each) for each in failed]}
    status = 200 if not failed else 202 if stored else 409
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/dicom+json")


def _stored_item(outcome: Outcome, root: str) -> JSON:
    address = (
        f"{root}/studies/{outcome.study_instance_uid}/series/{outcome.series_instance_uid}"
        f"/instances/{outcome.sop_instance_uid}"
    )
    return {
        "00081150": element("UI", outcome.sop_class_uid),
        "00081155": element("UI", outcome.sop_instance_uid),
        "00081190": element("UR", address),
    }


def _failed_item(outcome: Outcome) -> JSON:
    return {
        "00081150": element("UI", outcome.sop_class_uid),
        "00081155": element("UI", outcome.sop_instance_uid),
        "00081197": element("US", FAILURE_REASONS.get(outcome.reason, CANNOT_UNDERSTAND)),
        "00000902": element("LO", outcome.reason),
    }
