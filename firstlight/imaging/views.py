import orjson
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.audit.actions import record
from firstlight.imaging import store
from firstlight.imaging.actions import cover_held, discard_held, retry_held
from firstlight.imaging.forms import PeerForm, RevocationForm
from firstlight.imaging.looking import frame_picture, posted_regions, sight_of
from firstlight.imaging.models import Held, Peer, SigningKey, Study
from firstlight.imaging.peers import save_peer
from firstlight.imaging.policies import (
    can_keep_peers,
    can_keep_quarantine,
    can_keep_signing_keys,
    check_can_keep_peers,
    check_can_keep_quarantine,
    check_can_keep_signing_keys,
)
from firstlight.imaging.queries import account_of, is_held_for_pixels, receipts_of, signing_keys
from firstlight.imaging.reasons import ACTIONS, LOOK_WORDS, PIXELS, sentence_for
from firstlight.imaging.receipts import revoke_key
from firstlight.imaging.settling import settle_study
from firstlight.people.doors import signed_in, who_asks
from firstlight.web.requests import TimedRequest


@login_required
def quarantine(request: TimedRequest) -> HttpResponse:
    """What could not be accepted, why, and what to do about it."""
    check_can_keep_quarantine(signed_in(request))
    page = Paginator(Held.objects.select_related("outbreak"), 50).get_page(request.GET.get("page"))
    rows = [(held, sentence_for(held.reason), is_held_for_pixels(held)) for held in page]
    context = {"rows": rows, "page": page, "keeps_keys": can_keep_signing_keys(request.user)}
    context["keeps_peers"] = can_keep_peers(request.user)
    return render(request, "imaging/quarantine.html", context)


@login_required
@require_POST
def retry(request: TimedRequest, number: int) -> HttpResponse:
    """Judge a held file once more."""
    member = signed_in(request)
    check_can_keep_quarantine(member)
    held = get_object_or_404(Held, pk=number, state=Held.State.HELD, kept=True)
    outcome = retry_held(held, by=member, at=request.now)
    if outcome.status == "held":
        messages.warning(request, _("It is still held: %(why)s") % {"why": sentence_for(outcome.reason)})
    else:
        messages.success(request, _("The file was accepted."))
    return redirect("quarantine")


@login_required
def look(request: TimedRequest, number: int) -> HttpResponse:
    """An image that is held for its pixels, with boxes proposed; whoever confirms lets it in with them blacked out."""
    member = signed_in(request)
    check_can_keep_quarantine(member)
    held = _held_for_pixels(number)
    if request.method == "POST":
        try:
            outcome = cover_held(held, posted_regions(request.POST.get("regions", "")), by=member, at=request.now)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("look_at_held", number)
        if outcome.status == "held":
            messages.warning(request, _("It is still held: %(why)s") % {"why": sentence_for(outcome.reason)})
        else:
            messages.success(request, _("The image was covered and accepted."))
        return redirect("quarantine")
    sight = sight_of(store.read(held.digest, room="quarantine"))
    record("held.shown", held, by=member, at=request.now)
    words = {name: str(word) for name, word in LOOK_WORDS.items()}
    return render(request, "imaging/look.html", {"held": held, "sight": sight, "words": orjson.dumps(words).decode()})


@login_required
def held_frame(request: TimedRequest, number: int, frame: int) -> HttpResponse:
    """One frame of an image that is held for its pixels, as a picture."""
    check_can_keep_quarantine(signed_in(request))
    picture = frame_picture(store.read(_held_for_pixels(number).digest, room="quarantine"), frame)
    if picture is None:
        raise Http404
    answer = HttpResponse(picture, content_type="image/png")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _held_for_pixels(number: int) -> Held:
    held = get_object_or_404(Held, pk=number)
    if not is_held_for_pixels(held):
        raise Http404
    return held


@login_required
@require_POST
def discard(request: TimedRequest, number: int) -> HttpResponse:
    """Delete a held file's bytes for good."""
    member = signed_in(request)
    check_can_keep_quarantine(member)
    discard_held(get_object_or_404(Held, pk=number, state=Held.State.HELD), by=member, at=request.now)
    messages.success(request, _("The file was deleted."))
    return redirect("quarantine")


def receipt(request: TimedRequest, study: str) -> HttpResponse:
    """What de-identification did to a study before it came here, for anyone who may see the study."""
    found = _visible(request, study)
    account = account_of(found)
    if account is None:
        raise Http404
    context = {"account": account, "study": found, "actions": ACTIONS, "pixels": PIXELS}
    return render(request, "imaging/receipt.html", {**context, "shows_site": can_keep_quarantine(request.user)})


def receipt_documents(request: TimedRequest, study: str) -> HttpResponse:
    """A study's receipts as they were signed, so that anyone can verify them."""
    documents = [each.document for each in receipts_of(_visible(request, study))]
    if not documents:
        raise Http404
    answer = HttpResponse(orjson.dumps(documents, option=orjson.OPT_INDENT_2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{study}.json"'
    return answer


def _visible(request: TimedRequest, study: str) -> Study:
    """A study whose receipts may be read, with the server's own for what came a moment ago."""
    visible = Study.objects.visible_to(who_asks(request, at=request.now), at=request.now)
    found = get_object_or_404(visible, study_instance_uid=study)
    settle_study(found.study_instance_uid)
    return found


@login_required
def list_keys(request: TimedRequest) -> HttpResponse:
    """The keys that sign receipts: whose each is, since when, and which were revoked."""
    check_can_keep_signing_keys(signed_in(request))
    return render(request, "imaging/signing_keys.html", {"keys": signing_keys(), "form": RevocationForm()})


@login_required
@require_POST
def revoke(request: TimedRequest, number: int) -> HttpResponse:
    """Trust a key no longer."""
    member = signed_in(request)
    check_can_keep_signing_keys(member)
    form = RevocationForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the key is revoked; the site will read it."))
        return redirect("signing_keys")
    try:
        revoke_key(get_object_or_404(SigningKey, pk=number), why=form.cleaned_data["why"], by=member, at=request.now)
    except ValidationError as error:
        messages.error(request, "; ".join(error.messages))
    else:
        messages.success(request, _("The key is revoked. What it signed and is not stored yet will not be stored."))
    return redirect("signing_keys")


@login_required
def list_peers(request: TimedRequest) -> HttpResponse:
    """The programs that talk DICOM with the depository, and what each may."""
    check_can_keep_peers(signed_in(request))
    return render(request, "imaging/peers.html", {"peers": Peer.objects.select_related("member", "outbreak")})


@login_required
def edit_peer(request: TimedRequest, number: int | None = None) -> HttpResponse:
    """Let a program in at the DICOM door, or change what it may."""
    member = signed_in(request)
    check_can_keep_peers(member)
    peer = get_object_or_404(Peer, pk=number) if number is not None else None
    form = PeerForm(request.POST or None, instance=peer)
    if request.method == "POST" and form.is_valid():
        save_peer(by=member, at=request.now, **form.cleaned_data)
        messages.success(request, _("Saved. It holds from the next association on."))
        return redirect("peers")
    return render(request, "imaging/edit_peer.html", {"form": form, "peer": peer}, status=422 if form.errors else 200)
