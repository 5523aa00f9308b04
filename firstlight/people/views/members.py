from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from firstlight.people import actions
from firstlight.people.doors import signed_in
from firstlight.people.forms import ContactForm, FilterForm, MemberForm, NewMemberForm
from firstlight.people.models import Consent, ContactPoint, Member, Role
from firstlight.people.policies import check_can_keep_members
from firstlight.people.queries import count_reachability, find_members
from firstlight.people.rules.addresses import masked
from firstlight.web.requests import TimedRequest

MEMBERS_ON_A_PAGE = 50
CONSENTS_SHOWN = 50


@login_required
@require_safe
def members(request: TimedRequest) -> HttpResponse:
    """Every member, searched and narrowed, with how they can be reached."""
    check_can_keep_members(signed_in(request))
    form = FilterForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    page = Paginator(find_members(**asked), MEMBERS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "filters": [form[name] for name in ("institution", "role", "reachable")],
        "page": page,
        "rows": [_row(each) for each in page.object_list],
        "reachability": count_reachability(),
        "is_narrowed": any(asked.values()),
    }
    return render(request, "people/members.html", context)


def _row(member: Member) -> dict[str, Any]:
    return {
        "member": member,
        "roles": [Role(each.role).label for each in member.grants.all() if each.role != Role.MEMBER],
        "contacts": [{"contact": each, "address": masked(each.address)} for each in member.contacts.all()],
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: TimedRequest) -> HttpResponse:
    """Add one member."""
    by = signed_in(request)
    check_can_keep_members(by)
    form = NewMemberForm(request.POST or None, initial={"language": "ko", "roles": [Role.MEMBER]})
    if form.is_valid() and (added := _add(form, by, request)):
        messages.success(request, _("Added."))
        return redirect("member", added.pk)
    return render(request, "people/new.html", {"form": form})


def _add(form: NewMemberForm, by: Member, request: TimedRequest) -> Member | None:
    data = form.cleaned_data
    addresses = {"email": data["email"] or None, "phone": data["phone"] or None}
    if _is_known(data["email"]):
        form.add_error("email", _("Another member has this address."))
        return None
    try:
        added = actions.add_member(
            name=data["name"],
            language=data["language"],
            roles=[Role(each) for each in data["roles"]],
            by=by,
            at=request.now,
            **addresses,
        )
    except ValidationError as error:
        form.add_error("phone" if data["phone"] else None, error)
        return None
    known = {name: data[name] for name in ("institution", "specialty", "time_zone")}
    actions.change_member(added, by=by, at=request.now, **known)
    return added


def _is_known(email: str) -> bool:
    return bool(email) and Member.objects.filter(email=email.lower()).exists()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: TimedRequest, pk: int) -> HttpResponse:
    """One member: what is known of them, where they are reached, what they agreed to."""
    by = signed_in(request)
    check_can_keep_members(by)
    found = get_object_or_404(Member, pk=pk)
    form = MemberForm(request.POST) if request.method == "POST" else MemberForm.of(found)
    if form.is_valid() and _save(form, found, by, request):
        messages.success(request, _("Saved."))
        return redirect("member", pk)
    context = {
        "member": found,
        "form": form,
        "channels": _channels(found),
        "consents": found.consents.all()[:CONSENTS_SHOWN],
        "is_oneself": found.pk == by.pk,
    }
    return render(request, "people/member.html", context)


def _save(form: MemberForm, found: Member, by: Member, request: TimedRequest) -> bool:
    data = dict(form.cleaned_data)
    try:
        actions.set_roles(found, [Role(each) for each in data.pop("roles")], by=by, at=request.now)
    except PermissionDenied as error:
        form.add_error("roles", str(error))
        return False
    actions.change_member(found, by=by, at=request.now, **data)
    return True


def _channels(found: Member) -> list[dict[str, Any]]:
    """Each channel with its address, if there is one, and a form to change it."""
    held = {each.channel: each for each in found.contacts.all()}
    return [
        {
            "label": channel.label,
            "contact": held.get(channel),
            "form": ContactForm(
                initial={"channel": channel.value, "address": held[channel].address if channel in held else ""},
                auto_id=f"id_{channel.value}_%s",
            ),
        }
        for channel in ContactPoint.Channel
    ]


@login_required
@require_POST
def contact(request: TimedRequest, pk: int) -> HttpResponse:
    """Change where a member is reached, take it away, or use one again that was taken for dead."""
    by = signed_in(request)
    check_can_keep_members(by)
    found = get_object_or_404(Member, pk=pk)
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            _set_contact(found, form.cleaned_data, "revive" in request.POST, by, request)
            messages.success(request, _("Saved."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("member", pk)


def _set_contact(found: Member, data: dict[str, Any], revives: bool, by: Member, request: TimedRequest) -> None:
    held = found.contacts.filter(channel=data["channel"]).first()
    if held and revives:
        actions.revive(held, by=by, at=request.now)
    elif data["address"]:
        actions.set_contact(
            found, data["channel"], data["address"], by=by, at=request.now, is_vouched=data["is_vouched"]
        )
    elif held:
        actions.remove_contact(held, by=by, at=request.now)


@login_required
@require_POST
def consent(request: TimedRequest, pk: int) -> HttpResponse:
    """Write down a consent, given or taken back, that a member told an administrator."""
    by = signed_in(request)
    check_can_keep_members(by)
    found = get_object_or_404(Member, pk=pk)
    channel = request.POST.get("channel", "")
    if channel in ContactPoint.Channel.values:
        change = actions.give_consent if "give" in request.POST else actions.withdraw_consent
        change(found, channel, how=Consent.How.DESK, by=by, at=request.now)
        messages.success(request, _("Written down."))
    return redirect("member", pk)


@login_required
@require_POST
def deactivate(request: TimedRequest, pk: int) -> HttpResponse:
    """Let a member neither sign in nor be written to."""
    by = signed_in(request)
    check_can_keep_members(by)
    try:
        actions.deactivate_member(get_object_or_404(Member, pk=pk), by=by, at=request.now)
        messages.success(request, _("Deactivated."))
    except PermissionDenied as error:
        messages.error(request, str(error))
    return redirect("member", pk)


@login_required
@require_POST
def reactivate(request: TimedRequest, pk: int) -> HttpResponse:
    """Take a member back."""
    actions.reactivate_member(get_object_or_404(Member, pk=pk), by=signed_in(request), at=request.now)
    messages.success(request, _("Taken back."))
    return redirect("member", pk)
