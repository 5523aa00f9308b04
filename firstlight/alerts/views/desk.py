"""The editors' desk: begin, write, review and hold a notice."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from firstlight.alerts import actions
from firstlight.alerts.forms.composer import AloneForm, ApproveForm, BeginForm, NoticeForm, ReasonForm
from firstlight.alerts.models import Notice, NoticeLink
from firstlight.alerts.policies import (
    can_approve,
    can_hold,
    can_issue_alone,
    can_look_over,
    can_withdraw,
    can_write_notices,
    check_can_change,
    check_can_hold,
    check_can_write_notices,
    is_own,
)
from firstlight.alerts.queries.answers import without_coordinator
from firstlight.alerts.queries.audience import audience_size
from firstlight.alerts.queries.checks import checks_of, reach_check
from firstlight.alerts.queries.counts import check_lines, composer_report, money, sms_counts
from firstlight.alerts.queries.desk import audience_names, desk_of, progress_of
from firstlight.alerts.queries.targets import ADDRESS, find_targets
from firstlight.alerts.queries.texts import body_of, email_of
from firstlight.delivery.actions.mailings import NotNow
from firstlight.delivery.models import Mailing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest


@login_required
@require_safe
def desk(request: TimedRequest) -> HttpResponse:
    """Everything that editors have in hand, of one outbreak or of all."""
    member = signed_in(request)
    check_can_hold(member)
    slug = request.GET.get("outbreak", "")
    outbreak = get_object_or_404(Outbreak, slug=slug) if slug else None
    context = {
        "desk": desk_of(outbreak, at=request.now),
        "form": BeginForm(initial={"outbreak": outbreak}),
        "may_write": can_write_notices(member),
        "chosen": outbreak,
    }
    return render(request, "alerts/desk.html", context)


@login_required
def begin(request: TimedRequest) -> HttpResponse:
    """Open a new draft: a page that asks for its outbreak, and what that page sends."""
    member = signed_in(request)
    check_can_write_notices(member)
    if request.method != "POST":
        asked = Outbreak.objects.filter(slug=request.GET.get("outbreak", "")).first()
        return render(request, "alerts/begin.html", {"form": BeginForm(initial={"outbreak": asked})})
    form = BeginForm(request.POST)
    if not form.is_valid():
        return render(request, "alerts/begin.html", {"form": form})
    new = actions.begin_notice(outbreak=form.cleaned_data["outbreak"], by=member, at=request.now)
    return redirect("edit_notice", new.number)


@login_required
@require_POST
def follow(request: TimedRequest, number: int) -> HttpResponse:
    """Begin an update or a cancellation of a notice."""
    found = get_object_or_404(Notice, number=number)
    kind = Notice.Kind.CANCEL if request.POST.get("kind") == Notice.Kind.CANCEL else Notice.Kind.UPDATE
    try:
        new = actions.begin_notice(outbreak=None, by=signed_in(request), at=request.now, kind=kind, follows=found)
    except ValidationError as error:
        _say_errors(request, error)
        return redirect("notice", number)
    return redirect("edit_notice", new.number)


@login_required
def edit(request: TimedRequest, number: int) -> HttpResponse:
    """The composer: both languages side by side; whatever button is pressed, what was typed is kept first."""
    member = signed_in(request)
    found = get_object_or_404(Notice.objects.select_related("outbreak", "follows"), number=number)
    try:
        check_can_change(member, found)
    except PermissionDenied as error:
        if not can_write_notices(member):
            raise
        messages.info(request, str(error))
        return redirect("review_notice", number)
    form = NoticeForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        actions.write_notice(found, by=member, at=request.now, **form.fields_to_write())
        return _press(request, found, request.POST.get("act", "save"))
    return render(request, "alerts/edit.html", _composer(request, found, form))


def _composer(request: TimedRequest, notice: Notice, form: NoticeForm) -> dict[str, Any]:
    words = request.GET.get("find", "").strip()[:100]
    saved = Notice.objects.get(pk=notice.pk)
    return {
        "notice": saved,
        "form": form,
        "outbreak": notice.outbreak,
        "links": saved.links.all(),
        "find": words,
        "found": find_targets(words, notice.outbreak, at=request.now) if words else [],
        # What stands in the fields, saved or not, is what is counted.
        **composer_report(notice, at=request.now),
    }


def _press(request: TimedRequest, notice: Notice, act: str) -> HttpResponse:
    """Do what the pressed button says, after everything was saved."""
    verb, _colon, rest = act.partition(":")
    if verb in {"link", "unlink", "address", "find"}:
        return _change_links(request, notice, verb, rest)
    if verb == "test":
        _test(request, notice)
    elif verb == "submit":
        return _attempt(request, notice, actions.submit_notice, _("Sent. Another editor can approve it now."))
    elif verb == "review":
        return redirect("review_notice", notice.number)
    else:
        messages.success(request, _("Saved."))
    return redirect("edit_notice", notice.number)


def _change_links(request: TimedRequest, notice: Notice, verb: str, rest: str) -> HttpResponse:
    member, words = signed_in(request), request.POST.get("find", "").strip()[:100]
    try:
        if verb == "unlink":
            link = get_object_or_404(NoticeLink, notice=notice, pk=rest if rest.isdecimal() else 0)
            actions.remove_link(link, by=member, at=request.now)
        elif verb != "find":
            typed = f"{ADDRESS}:{request.POST.get('address', '')}"
            kind, _colon, key = (rest if verb == "link" else typed).partition(":")
            actions.add_link(notice, kind, key, by=member, at=request.now)
    except ValidationError as error:
        _say_errors(request, error)
    query = {"find": words} if words and verb != "unlink" else None
    return redirect(reverse("edit_notice", args=[notice.number], query=query, fragment="links"))


@login_required
@require_POST
def count(request: TimedRequest, number: int) -> JsonResponse:
    """What the carrier will charge for the words as they stand in the form now, and every doubt about them."""
    found = get_object_or_404(Notice, number=number)
    check_can_change(signed_in(request), found)
    form = NoticeForm(request.POST, instance=found)
    form.is_valid()  # fills the instance with what can be read so far
    report = composer_report(found, at=request.now)
    return JsonResponse(
        {
            "counts": {each.language: asdict(each) for each in report["counts"]},
            "checks": check_lines(report["checks"]),
        }
    )


@login_required
@require_safe
def review(request: TimedRequest, number: int) -> HttpResponse:
    """One screen for whoever decides: the words as they will arrive, who gets them, what it costs, what is doubtful."""
    member = signed_in(request)
    check_can_hold(member)
    found = get_object_or_404(Notice.objects.select_related("outbreak", "follows", "submitted_by"), number=number)
    return render(request, "alerts/review.html", _review(request, found))


def _review(request: TimedRequest, notice: Notice) -> dict[str, Any]:
    member = signed_in(request)
    is_open = notice.state in {Notice.State.DRAFT, Notice.State.IN_REVIEW}
    checks = [*checks_of(notice, at=request.now), *reach_check(notice)] if is_open else []
    size = audience_size(notice, at=request.now) if is_open else None
    seen = notice.submitted_at.isoformat() if notice.submitted_at else ""
    return {
        "notice": notice,
        "outbreak": notice.outbreak,
        "is_open": is_open,
        "authors": [each.member for each in notice.authorships.select_related("member").order_by("first_wrote_at")],
        "links": notice.links.all(),
        "blocking": [each for each in checks if each.blocks],
        "doubts": [each for each in checks if not each.blocks],
        "counts": sms_counts(notice),
        "letters": [_letter(notice, language) for language in ("ko", "en")],
        "size": size,
        "audience_names": audience_names(notice),
        "cost": money(size.cost, size.currency) if size and size.cost is not None else "",
        "leaves_later": bool(notice.scheduled_for and notice.scheduled_for > request.now),
        "may_write": can_write_notices(member),
        "is_own": is_own(member, notice),
        "may_approve": can_approve(member, notice),
        "may_issue_alone": can_issue_alone(member, notice),
        "may_look_over": can_look_over(member, notice),
        "may_withdraw": can_withdraw(member, notice, at=request.now),
        "approve_form": ApproveForm(initial={"submitted_at": seen}),
        "alone_form": AloneForm(),
        "reason_form": ReasonForm(),
        **_sending(request, notice),
    }


def _letter(notice: Notice, language: str) -> dict[str, str]:
    return {
        "language": language,
        "subject": email_of(notice, language).subject,
        "body": body_of(notice, language),
    }


def _sending(request: TimedRequest, notice: Notice) -> dict[str, Any]:
    """How the sending goes, and what may be done to it."""
    progress = progress_of(notice) if notice.state == Notice.State.ISSUED else []
    states = {each.mailing.state for each in progress}
    has_left = notice.issued_at is not None and notice.issued_at <= request.now
    return {
        "notice": notice,
        "progress": progress,
        "is_running": bool(states & {Mailing.State.SENDING, Mailing.State.PAUSED}),
        "is_paused": Mailing.State.PAUSED in states,
        "has_left": has_left,
        "may_hold": can_hold(request.user),
        "confirmed": notice.acknowledgements.count() if notice.wants_answer else None,
        "without_coordinator": without_coordinator(notice) if notice.wants_answer and has_left else [],
    }


@login_required
def control(request: TimedRequest, number: int) -> HttpResponse:
    """How the sending goes, for the page that shows it live; and the buttons that hold it."""
    member = signed_in(request)
    check_can_hold(member)
    found = get_object_or_404(Notice, number=number)
    if request.method != "POST":
        return render(request, "alerts/sending.html", _sending(request, found))
    reason = request.POST.get("reason", "").strip()[:100] or "by hand"
    holds: dict[str, Callable[[], int]] = {
        "pause": lambda: actions.pause_sending(found, by=member, at=request.now, reason=reason),
        "resume": lambda: actions.resume_sending(found, by=member, at=request.now),
        "stop": lambda: actions.stop_sending(found, by=member, at=request.now, reason=reason),
    }
    try:
        done = holds.get(request.POST.get("act", ""), lambda: 0)()
    except NotNow:  # the postman was quicker
        done = 0
    if not done:
        messages.info(request, _("Nothing was changed: the sending is in another state by now."))
    return redirect(reverse("review_notice", args=[number], fragment="sending"))


@login_required
@require_POST
def submit(request: TimedRequest, number: int) -> HttpResponse:
    """Send a draft to the other editors."""
    found = get_object_or_404(Notice, number=number)
    return _attempt(request, found, actions.submit_notice, _("Sent. Another editor can approve it now."))


@login_required
@require_POST
def approve(request: TimedRequest, number: int) -> HttpResponse:
    """Let a notice go out."""
    found, form = get_object_or_404(Notice, number=number), ApproveForm(request.POST)
    if not form.is_valid() or form.seen() is None:
        messages.error(request, _("Open the page again, and read it before you approve."))
        return redirect("review_notice", number)
    if not form.cleaned_data["has_looked"] and any(not each.blocks for each in checks_of(found, at=request.now)):
        messages.error(request, _("Look at the doubts first, and say that you have."))
        return redirect("review_notice", number)
    done = _("Approved. It is going out.")
    if found.scheduled_for and found.scheduled_for > request.now:
        done = _("Approved. It leaves at its hour.")
    return _attempt(request, found, actions.approve_notice, done, submitted_at=form.seen())


@login_required
@require_POST
def give_back(request: TimedRequest, number: int) -> HttpResponse:
    """Return a notice to its authors."""
    found, form = get_object_or_404(Notice, number=number), ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why, so that its authors know what to change."))
        return redirect("review_notice", number)
    done = _("Given back to its authors.")
    return _attempt(request, found, actions.return_notice, done, because=form.cleaned_data["because"])


@login_required
@require_POST
def issue_alone(request: TimedRequest, number: int) -> HttpResponse:
    """In an emergency, let a notice go out without a second person."""
    found, form = get_object_or_404(Notice, number=number), AloneForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    done = _("Issued. Another editor is asked to look it over.")
    return _attempt(request, found, actions.issue_alone, done, reason=reason)


@login_required
@require_POST
def look_over(request: TimedRequest, number: int) -> HttpResponse:
    """Say that one has read what another editor issued alone."""
    return _attempt(request, get_object_or_404(Notice, number=number), actions.look_over, _("Noted. Thank you."))


@login_required
@require_POST
def withdraw(request: TimedRequest, number: int) -> HttpResponse:
    """Take a notice back before it leaves."""
    found = get_object_or_404(Notice, number=number)
    return _attempt(request, found, actions.withdraw_notice, _("Withdrawn. Nobody gets it."))


@login_required
@require_POST
def test(request: TimedRequest, number: int) -> HttpResponse:
    """Send a notice to the editor's own telephone and mailbox."""
    _test(request, get_object_or_404(Notice, number=number))
    return redirect("review_notice", number)


def _test(request: TimedRequest, notice: Notice) -> None:
    try:
        sent = actions.test_send(notice, by=signed_in(request), at=request.now)
    except ValidationError as error:
        _say_errors(request, error)
        return
    words = ngettext(
        "%(count)d message is on its way to you, marked as a test.",
        "%(count)d messages are on their way to you, marked as a test.",
        sent,
    )
    messages.success(request, words % {"count": sent})


def _attempt(
    request: TimedRequest, notice: Notice, act: Callable[..., object], done: str, **details: Any
) -> HttpResponse:
    """Do it and say so, or say in whole sentences why not."""
    try:
        act(notice, by=signed_in(request), at=request.now, **details)
    except ValidationError as error:
        _say_errors(request, error)
    except PermissionDenied as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("review_notice", notice.number)


def _say_errors(request: TimedRequest, error: ValidationError) -> None:
    for sentence in error.messages:
        messages.error(request, sentence)
