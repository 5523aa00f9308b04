"""Where carriers call: with what became of a message, and with what people answered."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from firstlight.delivery import carriers
from firstlight.delivery.actions.lines import count_forgery
from firstlight.delivery.actions.replies import take_replies
from firstlight.delivery.actions.reports import take_reports
from firstlight.delivery.rules.call_codes import check_carrier_code, delivery_called
from firstlight.delivery.rules.client_ids import read_client_id
from firstlight.delivery.rules.codes import BadCode
from firstlight.delivery.rules.messages import Report
from firstlight.delivery.transports.interface import Carrier, Inbox

MOST_BYTES = 1024 * 1024
FORM = "application/x-www-form-urlencoded"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, carrier: str, code: str) -> HttpResponse:
    """What became of one message, whose signed code is in the address, or of many, with the carrier's own code."""
    known = _carrier(carrier)
    try:
        about = delivery_called(code, carrier, key=settings.SECRET_KEY)
        inbox = _read(request, known)
        _check_about(inbox.reports, about)
    except BadCode:
        return _refuse_forgery(known)
    except ValueError:
        return _plain("This is not a report.", 400)
    unknown = take_reports(known.name, inbox.reports, at=timezone.now(), about=about)
    if about is None:
        take_replies(inbox.replies, at=timezone.now())
    return _plain("No such message.", 404) if unknown else _plain("", 200)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def reply(request: HttpRequest, carrier: str, code: str) -> HttpResponse:
    """What people answered by text message, with the carrier's own code in the address."""
    known = _carrier(carrier)
    try:
        check_carrier_code(code, carrier, key=settings.SECRET_KEY)
        inbox = _read(request, known)
    except BadCode:
        return _refuse_forgery(known)
    except ValueError:
        return _plain("This is not a reply.", 400)
    take_replies(inbox.replies, at=timezone.now())
    return _plain("", 200)


def _carrier(slug: str) -> Carrier:
    known = carriers.carrier_with(slug)
    if known is None:
        raise Http404
    return known


def _read(request: HttpRequest, carrier: Carrier) -> Inbox:
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise ValueError("the call is too long")
    fields = dict(request.headers) | request.GET.dict()
    if request.content_type == FORM:
        fields |= QueryDict(body).dict()
    if any("\x00" in value for value in fields.values()) or b"\x00" in body or b"\\u0000" in body:
        raise ValueError("the call holds what no text holds")
    return carrier.read_call(fields, body)


def _check_about(reports: Iterable[Report], about: int | None) -> None:
    """Raises BadCode when an address that was signed for one message is used to speak of another."""
    for each in reports:
        if about is not None and each.client_id and _named(each.client_id) not in {None, about}:
            raise BadCode


def _named(client_id: str) -> int | None:
    try:
        return read_client_id(client_id, key=settings.SECRET_KEY)
    except BadCode:
        return None


def _refuse_forgery(carrier: Carrier) -> HttpResponse:
    count_forgery(carrier.name, carrier.channel)
    return _plain("This address was not signed here.", 403)


def _plain(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
