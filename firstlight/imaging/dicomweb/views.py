"""The addresses of /dicom-web: who asks, what they may read, and the answer."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt

from firstlight.imaging.actions import Outcome, receive
from firstlight.imaging.dicomweb import retrieve, search
from firstlight.imaging.dicomweb.multipart import BadMultipart, parts_of
from firstlight.imaging.hooks import shown_besides
from firstlight.imaging.models import Instance, Series, Study
from firstlight.imaging.policies import can_contribute, needs_receipt
from firstlight.imaging.rendering import Window
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import who_asks
from firstlight.people.models import Member
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest

View = Callable[..., HttpResponse]
ROOT = "/dicom-web"

# PS3.18 table 10.5.3-1 and PS3.4 table CC.2.3-1.
FAILURE_REASONS = {"unknown-sop-class": 0x0122, "doubtful-pixels": 0x0122, "conflict": 0x0111}
CANNOT_UNDERSTAND = 0xC000


def door(view: View) -> View:
    """A DICOMweb address: the asker is known before the view runs, an unusable token is refused at once."""

    @csrf_exempt
    @wraps(view)
    def opened(request: TimedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        member = who_asks(request, at=request.now)
        if member is None and "Authorization" in request.headers:
            answer = problem(401, "This token is not valid, or not any more")
            answer["WWW-Authenticate"] = "Bearer"
            return answer
        try:
            return view(request, member, *args, **kwargs)
        except Http404:
            return problem(404, "There is nothing here")

    return opened


def visible_studies(request: TimedRequest, member: Member | None) -> QuerySet[Study]:
    """The studies that this request may read."""
    studies = Study.objects.visible_to(member, at=request.now)
    return studies | Study.objects.filter(pk__in=shown_besides(member).values("pk")) if member else studies


def _series(request: TimedRequest, member: Member | None, study: str, **more: str) -> QuerySet[Series]:
    studies = visible_studies(request, member).filter(study_instance_uid=study)
    return Series.objects.filter(study__in=studies, **more).select_related("study")


def _instances(request: TimedRequest, member: Member | None, study: str, **more: str) -> QuerySet[Instance]:
    studies = visible_studies(request, member).filter(study_instance_uid=study)
    found = Instance.objects.filter(series__study__in=studies, **more)
    return found.select_related("series__study").order_by("series", "stack_index")


def _answer(rows: list[search.JSON]) -> HttpResponse:
    if not rows:
        return HttpResponse(status=204)
    return HttpResponse(orjson.dumps(rows), content_type="application/dicom+json")


def _searched(find: Callable[[], list[search.JSON]]) -> HttpResponse:
    try:
        return _answer(find())
    except search.BadQuery as error:
        return problem(400, "This query cannot be answered", str(error))


def _root(request: HttpRequest) -> str:
    return request.build_absolute_uri(ROOT)


def _kept(request: TimedRequest, response: HttpResponse, instance: Instance) -> HttpResponse:
    """An instance never changes under its UID, so a browser may keep what it got."""
    if response.status_code == 200:
        public = instance.series.study.public_since is not None
        response["Cache-Control"] = "public, max-age=3600" if public else "private, max-age=3600"
        response["Vary"] = "Accept, Authorization, Cookie"
    return response


@door
def studies(request: TimedRequest, member: Member | None) -> HttpResponse:
    """Search for studies, or store instances into an outbreak."""
    if request.method == "POST":
        return store_instances(request, member)
    rows = visible_studies(request, member)
    return _searched(lambda: search.search_studies(rows, request.GET, root=_root(request)))


@door
def all_series(request: TimedRequest, member: Member | None, study: str | None = None) -> HttpResponse:
    """Search for series, of one study or of all."""
    rows = Series.objects.filter(study__in=visible_studies(request, member))
    rows = rows.filter(study__study_instance_uid=study) if study else rows
    return _searched(lambda: search.search_series(rows, request.GET, root=_root(request)))


@door
def all_instances(
    request: TimedRequest, member: Member | None, study: str | None = None, series: str | None = None
) -> HttpResponse:
    """Search for instances, of one series, one study or all."""
    rows = Instance.objects.filter(series__study__in=visible_studies(request, member))
    rows = rows.filter(series__study__study_instance_uid=study) if study else rows
    rows = rows.filter(series__series_instance_uid=series) if series else rows
    return _searched(lambda: search.search_instances(rows, request.GET, root=_root(request)))


@door
def study(request: TimedRequest, member: Member | None, study: str) -> HttpResponse:
    """A whole study."""
    return _whole(request, _instances(request, member, study))


@door
def series(request: TimedRequest, member: Member | None, study: str, series: str) -> HttpResponse:
    """A whole series."""
    return _whole(request, _instances(request, member, study, series__series_instance_uid=series))


@door
def instance(request: TimedRequest, member: Member | None, study: str, series: str, sop: str) -> HttpResponse:
    """One instance."""
    found = _instances(request, member, study, series__series_instance_uid=series, sop_instance_uid=sop)
    return _whole(request, found)


def _whole(request: TimedRequest, found: Iterable[Instance]) -> HttpResponse:
    instances = list(found)
    return retrieve.instances(request, instances) if instances else problem(404, "There is nothing here")


@door
def study_metadata(request: TimedRequest, member: Member | None, study: str) -> HttpResponse:
    """A study's DICOM JSON."""
    found = list(_series(request, member, study))
    return retrieve.study_metadata(found) if found else problem(404, "There is nothing here")


@door
def series_metadata(request: TimedRequest, member: Member | None, study: str, series: str) -> HttpResponse:
    """A series' DICOM JSON, in reading order."""
    found = get_object_or_404(_series(request, member, study, series_instance_uid=series))
    return retrieve.series_metadata(request, found)


@door
def instance_metadata(request: TimedRequest, member: Member | None, study: str, series: str, sop: str) -> HttpResponse:
    """One instance's DICOM JSON."""
    return retrieve.instance_metadata(_one(request, member, study, series, sop))


def _one(request: TimedRequest, member: Member | None, study: str, series: str, sop: str) -> Instance:
    found = _instances(request, member, study, series__series_instance_uid=series, sop_instance_uid=sop)
    return get_object_or_404(found)


@door
def frames(
    request: TimedRequest, member: Member | None, study: str, series: str, sop: str, numbers: str
) -> HttpResponse:
    """Frames by number, from 1."""
    found = _one(request, member, study, series, sop)
    wanted = [int(each) for each in numbers.split(",")]
    if not all(1 <= each <= found.frame_count for each in wanted):
        return problem(404, "There is no such frame", f"This instance has {found.frame_count}.")
    return _kept(request, retrieve.frames(request, found, wanted), found)


@door
def bulk_data(
    request: TimedRequest, member: Member | None, study: str, series: str, sop: str, path: str
) -> HttpResponse:
    """A large value, by its place in the data set."""
    found = _one(request, member, study, series, sop)
    return _kept(request, retrieve.bulk_data(found, path), found)


@door
def rendered(
    request: TimedRequest,
    member: Member | None,
    study: str,
    series: str,
    sop: str,
    frame: str = "1",
    longest_px: int | None = None,
) -> HttpResponse:
    """A picture of a frame; `window=CENTER,WIDTH,linear`, `viewport=W,H` and `quality` as in PS3.18 8.3.5."""
    found = _one(request, member, study, series, sop)
    if int(frame) > found.frame_count:
        return problem(404, "There is no such frame", f"This instance has {found.frame_count}.")
    try:
        window, asked_px, quality = _rendering_asked(request)
    except ValueError:
        return problem(400, "window is CENTER,WIDTH,linear; viewport is WIDTH,HEIGHT; quality is 1 to 100")
    media_type = "image/png" if "image/png" in request.headers.get("Accept", "") else "image/jpeg"
    answer = retrieve.rendered(
        found,
        frame=int(frame),
        window=window,
        longest_px=longest_px or asked_px,
        media_type=media_type,
        quality=quality,
    )
    return _kept(request, answer, found)


def _rendering_asked(request: HttpRequest) -> tuple[Window | None, int | None, int]:
    window = request.GET.get("window", "").split(",")
    chosen = Window(float(window[0]), float(window[1])) if len(window) >= 2 else None
    viewport = [int(float(each)) for each in request.GET.get("viewport", "").split(",") if each]
    quality = int(request.GET.get("quality") or 88)
    if not 1 <= quality <= 100 or any(not 1 <= each <= 8192 for each in viewport):
        raise ValueError
    if chosen and not (chosen.width >= 1 and abs(chosen.center) < 1e9):
        raise ValueError
    return chosen, max(viewport) if viewport else None, quality


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
    body: search.JSON = {}
    if stored:
        body["00081199"] = {"vr": "SQ", "Value": [_stored_item(each, root) for each in stored]}
    if failed:
        body["00081198"] = {"vr": "SQ", "Value": [_failed_item(each) for each in failed]}
    status = 200 if not failed else 202 if stored else 409
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/dicom+json")


def _stored_item(outcome: Outcome, root: str) -> search.JSON:
    address = (
        f"{root}/studies/{outcome.study_instance_uid}/series/{outcome.series_instance_uid}"
        f"/instances/{outcome.sop_instance_uid}"
    )
    return {
        "00081150": search.element("UI", outcome.sop_class_uid),
        "00081155": search.element("UI", outcome.sop_instance_uid),
        "00081190": search.element("UR", address),
    }


def _failed_item(outcome: Outcome) -> search.JSON:
    return {
        "00081150": search.element("UI", outcome.sop_class_uid),
        "00081155": search.element("UI", outcome.sop_instance_uid),
        "00081197": search.element("US", FAILURE_REASONS.get(outcome.reason, CANNOT_UNDERSTAND)),
        "00000902": search.element("LO", outcome.reason),
    }
