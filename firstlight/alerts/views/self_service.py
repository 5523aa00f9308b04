"""A member's own page, opened by a message's link or by signing in; leaving; saying that an address is one's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from firstlight.alerts.actions.membership import ask_now, send_fresh_link, tell_of_change
from firstlight.alerts.forms.self_service import AddressForm, CodeForm, WishesForm
from firstlight.alerts.queries.membership import (
    delivery_of_code,
    is_too_old,
    link_for,
    sent_to,
    topics_for,
)
from firstlight.delivery.models import Delivery
from firstlight.people import actions
from firstlight.people.actions import Answer
from firstlight.people.doors import signed_in
from firstlight.people.models import Consent, ContactPoint, Member
from firstlight.people.rules.addresses import masked
from firstlight.people.rules.consent import CURRENT_WORDING
from firstlight.web.requests import TimedRequest
from firstlight.web.templatetags.firstlight import active_language

GONE = 410
NOT_FOUND = 404
P = ParamSpec("P")
View = Callable[Concatenate[TimedRequest, P], HttpResponse]
Channel = ContactPoint.Channel


def personal(view: View[P]) -> View[P]:
    """Keep a page that a secret link opens out of every cache and search, and show it in the reader's language."""

    @never_cache
    @wraps(view)
    def guarded(request: TimedRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return cast(View[P], guarded)


def speak_to(request: TimedRequest, member: Member | None) -> None:
    """Use the member's language unless this browser was told another."""
    if member is not None and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(member.language)
        request.LANGUAGE_CODE = member.language


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: TimedRequest, code: str) -> HttpResponse:
    """The page of the member to whom the message with this link went."""
    delivery = delivery_of_code(code, purpose="me")
    speak_to(request, delivery.member if delivery else None)
    if delivery is None or delivery.member is None or not delivery.member.is_active:
        return _closed(request, delivery)
    if is_too_old(delivery, at=request.now):
        return render(request, "alerts/self_service/expired.html", {"code": code}, status=GONE)
    return _own_page(request, delivery.member, code)


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: TimedRequest) -> HttpResponse:
    """The page of the member who is signed in."""
    return _own_page(request, signed_in(request), "")


def _closed(request: TimedRequest, delivery: Delivery | None) -> HttpResponse:
    """The page for a link that opens nothing: never written here, or of someone who is gone."""
    if delivery is None:
        return render(request, "alerts/self_service/unknown.html", status=NOT_FOUND)
    return render(request, "alerts/self_service/gone.html", status=GONE)


def _own_page(request: TimedRequest, member: Member, code: str) -> HttpResponse:
    topics = topics_for(member, at=request.now, language=active_language())
    is_wishing = request.method == "POST" and request.POST.get("what") == "wishes"
    form = WishesForm(request.POST if is_wishing else None, member=member, topics=topics)
    if is_wishing and form.is_valid():
        _keep(form, member, request)
        messages.success(request, _("Saved."))
        return _back(code)
    if request.method == "POST" and request.POST.get("what") in {"address", "ask", "leave"}:
        _ADDRESS_VERBS[request.POST["what"]](request, member)
        return _back(code)
    return render(request, "alerts/self_service/me.html", _context(form, member, code))


def _back(code: str) -> HttpResponse:
    return redirect("me", code) if code else redirect("me")


def _context(form: WishesForm, member: Member, code: str) -> dict[str, Any]:
    held = {each.channel: each for each in form.contacts}
    return {
        "member": member,
        "form": form,
        "addresses": [
            {
                "label": channel.label,
                "contact": held.get(channel),
                # A link can be passed on with its message: it shows no whole address.
                "shown": _shown(held.get(channel), is_whole=not code),
                "form": AddressForm(initial={"channel": channel.value}, auto_id=f"id_{channel.value}_new_%s"),
            }
            for channel in Channel
        ],
        "consents": member.consents.all(),
        "lines": sent_to(member, language=active_language()),
        "wording": CURRENT_WORDING,
        "is_reached": any(each.is_wanted for each in form.contacts),
    }


def _shown(contact: ContactPoint | None, *, is_whole: bool) -> str:
    if contact is None:
        return ""
    return contact.address if is_whole else masked(contact.address)


def _keep(form: WishesForm, member: Member, request: TimedRequest) -> None:
    data, now = form.cleaned_data, request.now
    fields = {name: data[name] for name in ("language", "digest", "weekly_cap", "time_zone")}
    actions.set_preferences(member, by=member, at=now, channels=form.wishes(), **fields)
    for topic in form.offered:
        actions.choose_topic(member, topic.key, is_wanted=topic.key in data["topics"], by=member, at=now)
    for contact in form.contacts:
        wanted = data[f"{contact.channel}_is_wanted"]
        if wanted != contact.is_wanted:
            change = actions.give_consent if wanted else actions.withdraw_consent
            change(member, contact.channel, how=Consent.How.OWN_PAGE, by=member, at=now)


def _change_address(request: TimedRequest, member: Member) -> None:
    """Take a new address, ask it whether it is theirs, and tell the other one."""
    form = AddressForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the new address."))
        return
    channel = form.cleaned_data["channel"]
    try:
        contact = actions.set_contact(member, channel, form.cleaned_data["address"], by=member, at=request.now)
        if contact.verified_at is None:
            ask_now(contact, at=request.now)
            tell_of_change(member, channel, at=request.now)
            _say_asked(request, contact)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))


def _ask_again(request: TimedRequest, member: Member) -> None:
    contact = member.contacts.filter(channel=request.POST.get("channel"), verified_at__isnull=True).first()
    if contact is None:
        return
    try:
        ask_now(contact, at=request.now)
        _say_asked(request, contact)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))


def _say_asked(request: TimedRequest, contact: ContactPoint) -> None:
    if contact.channel == Channel.SMS:
        messages.success(request, _("A code goes to this phone now. Type it on the page that the message names."))
    else:
        messages.success(request, _("A link goes to this address now. Open it and say yes."))


def _leave_all(request: TimedRequest, member: Member) -> None:
    actions.leave(member, how=Consent.How.OWN_PAGE, by=member, at=request.now)
    messages.success(request, _("You have left: nothing more will be sent to you."))


_ADDRESS_VERBS: dict[str, Callable[[TimedRequest, Member], None]] = {
    "address": _change_address,
    "ask": _ask_again,
    "leave": _leave_all,
}


@personal
@require_POST
def fresh_link(request: TimedRequest, code: str) -> HttpResponse:
    """Send the member of an old link a new one, to the address that is verified."""
    delivery = delivery_of_code(code, purpose="me")
    speak_to(request, delivery.member if delivery else None)
    if delivery is None or delivery.member is None or not delivery.member.is_active:
        return _closed(request, delivery)
    try:
        send_fresh_link(delivery.member, at=request.now)
        context = {"title": _("A new link is on its way"), "text": _("Look in your mailbox or your messages.")}
    except ValidationError as error:
        context = {"title": _("No new link was sent"), "text": " ".join(error.messages)}
    return render(request, "alerts/self_service/said.html", context)


@csrf_exempt  # RFC 8058: a mail program posts here with neither cookie nor token; the signed code is the key
@personal
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: TimedRequest, code: str) -> HttpResponse:
    """Take consent to one channel back; a look at the page changes nothing."""
    delivery = delivery_of_code(code, purpose="leave")
    member = delivery.member if delivery else None
    speak_to(request, member)
    if delivery is None or member is None:
        return _closed(request, delivery)
    context = {"channel": delivery.get_channel_display(), "me": link_for(delivery, "me"), "is_done": False}
    if request.method == "POST":
        actions.withdraw_consent(member, delivery.channel, how=Consent.How.ONE_CLICK, by=member, at=request.now)
        context["is_done"] = True
    return render(request, "alerts/self_service/leave.html", context)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: TimedRequest, code: str) -> HttpResponse:
    """Ask whoever opened the link whether the address is theirs; only their word counts, not a look."""
    delivery = delivery_of_code(code, purpose="verify")
    contact = delivery.contact if delivery else None
    speak_to(request, delivery.member if delivery else None)
    if contact is None or not contact.member.is_active:
        return _closed(request, delivery)
    if request.method != "POST":
        context = {"address": masked(contact.address), "is_verified": contact.verified_at is not None}
        return render(request, "alerts/self_service/verify.html", context | {"wording": CURRENT_WORDING})
    return _answer(request, contact)


def _answer(request: TimedRequest, contact: ContactPoint) -> HttpResponse:
    member = contact.member
    if request.POST.get("answer") == "no":
        actions.withdraw_consent(member, contact.channel, how=Consent.How.OWN_PAGE, by=member, at=request.now)
        said = {"title": _("Nothing will be sent to this address"), "text": _("Thank you for telling us.")}
        return render(request, "alerts/self_service/said.html", said)
    if request.POST.get("answer") == "again":
        return _asked_again(request, contact)
    if actions.answer_link(contact, at=request.now) == Answer.VERIFIED:
        said = {"title": _("This address is yours"), "text": _("From now on you get warnings and news here.")}
        return render(request, "alerts/self_service/said.html", said)
    return render(request, "alerts/self_service/verify_expired.html", status=GONE)


def _asked_again(request: TimedRequest, contact: ContactPoint) -> HttpResponse:
    try:
        ask_now(contact, at=request.now)
        said = {"title": _("A new link is on its way"), "text": _("Look in your mailbox or your messages.")}
    except ValidationError as error:
        said = {"title": _("No new link was sent"), "text": " ".join(error.messages)}
    return render(request, "alerts/self_service/said.html", said)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def verify_code(request: TimedRequest) -> HttpResponse:
    """Take the code that was sent to a phone."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        answer = actions.answer_code(data["phone"], data["code"], at=request.now)
        if answer == Answer.VERIFIED:
            said = {"title": _("This phone is yours"), "text": _("From now on you get warnings by text message.")}
            return render(request, "alerts/self_service/said.html", said)
        form.add_error("code", _wrong(answer))
    return render(request, "alerts/self_service/verify_code.html", {"form": form, "wording": CURRENT_WORDING})


def _wrong(answer: Answer) -> str:
    return {
        Answer.WRONG: _("This code does not belong to this phone. Look at the last message again."),
        Answer.TOO_OFTEN: _("That was wrong five times. You will be sent a new code; ask for it on your own page."),
        Answer.EXPIRED: _("This code is older than a day. You will be sent a new one; ask for it on your own page."),
    }[answer]
