"""The application entities that talk DICOM with the depository: who they are, and what they were promised."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.imaging.models import Commitment, Peer
from firstlight.imaging.policies import can_contribute, check_can_keep_peers, needs_receipt
from firstlight.imaging.rules.peers import is_ae_title, is_within, networks_in
from firstlight.people.models import Member

SETTINGS = (
    "networks", "member", "outbreak", "may_store", "may_find", "may_retrieve", "decides_by_scan", "host", "port",
    "uses_tls", "is_active",
)  # fmt: skip
FIRST_REPORT_SECONDS = 1
LONGEST_PAUSE_SECONDS = 3600


def fault_of(settings: dict[str, Any]) -> tuple[str, str] | None:
    """The first setting that cannot be, and why; None when all can."""
    if not is_ae_title(settings["ae_title"]):
        return "ae_title", _("An AE title has 1 to 16 characters of plain ASCII, and no backslash.")
    try:
        networks_in(settings["networks"])
    except ValueError:
        return "networks", _("Write addresses or networks, such as 10.1.2.3, 10.4.0.0/16.")
    if settings.get("may_store") and not can_contribute(settings["member"]):
        return "may_store", _("The member it stands as cannot send images.")
    if settings.get("decides_by_scan") and not settings.get("may_store"):
        return "decides_by_scan", _("Only a peer that stores needs, or needs no, receipts.")
    if bool(settings.get("host")) != bool(settings.get("port")):
        return "port", _("To be called, it needs a host and a port.")
    return None


def save_peer(*, by: Member | str, at: datetime, **settings: Any) -> Peer:
    """Add a peer, or change the one of that AE title. Raises ValidationError, with the setting that is wrong."""
    if isinstance(by, Member):
        check_can_keep_peers(by)
    fault = fault_of(settings)
    if fault:
        field, sentence = fault
        raise ValidationError({field: sentence})
    values = {name: settings[name] for name in SETTINGS if name in settings}
    title = settings["ae_title"]
    with transaction.atomic():
        peer, is_new = Peer.objects.update_or_create(
            ae_title=title, defaults=values, create_defaults={**values, "added_at": at}
        )
        allowed = [name for name in ("may_store", "may_find", "may_retrieve", "decides_by_scan") if getattr(peer, name)]
        record("peer.added" if is_new else "peer.changed", peer, by=by, at=at, allowed=allowed)
    return peer


def set_in_use(peer: Peer, *, is_active: bool, by: Member | str, at: datetime) -> None:
    """Let a peer in no longer, or again; what it sent stays."""
    if isinstance(by, Member):
        check_can_keep_peers(by)
    with transaction.atomic():
        peer.is_active = is_active
        peer.save(update_fields=["is_active"])
        record("peer.changed", peer, by=by, at=at, in_use=is_active)


def peer_calling(ae_title: str, address: str) -> Peer | None:
    """The peer of that title, if it calls from where it may."""
    peer = Peer.objects.known().select_related("member", "outbreak").filter(ae_title=ae_title).first()
    return peer if peer and is_within(address, networks_in(peer.networks)) else None


def peer_called(ae_title: str) -> Peer | None:
    """The peer of that title, if things can be sent to it."""
    peer = Peer.objects.known().select_related("member").filter(ae_title=ae_title).first()
    return peer if peer and peer.can_be_called else None


def stores_under_receipt(peer: Peer) -> bool:
    """Whether what this peer sends must be covered by a receipt; an administrator's own sending never must."""
    return not peer.decides_by_scan and needs_receipt(peer.member)


def ask_commitment(peer: Peer, transaction_uid: str, references: list[tuple[str, str]], *, at: datetime) -> Commitment:
    """Remember what a peer wants to be told; the same request again changes nothing."""
    found, _is_new = Commitment.objects.get_or_create(
        peer=peer,
        transaction_uid=transaction_uid,
        defaults={
            "references": [list(each) for each in references],
            "asked_at": at,
            "next_at": at + timedelta(seconds=FIRST_REPORT_SECONDS),
        },
    )
    return found


def put_off(commitment: Commitment, *, at: datetime) -> None:
    """Tell later: after a second, two, four … up to an hour."""
    commitment.attempts += 1
    pause = min(2 ** min(commitment.attempts, 12), LONGEST_PAUSE_SECONDS)
    commitment.next_at = at + timedelta(seconds=pause)
    commitment.save(update_fields=["attempts", "next_at"])


def is_told(commitment: Commitment, *, failed: int, at: datetime) -> None:
    """The peer knows; so much of what it asked about is not here."""
    commitment.reported_at, commitment.failed = at, failed
    commitment.save(update_fields=["reported_at", "failed"])
