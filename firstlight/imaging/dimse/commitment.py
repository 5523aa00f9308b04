"""Storage Commitment, push model (PS3.4 annex J): a request is remembered, and answered once everything has come in."""

import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from pydicom import Dataset

from firstlight.dimse import commands, statuses
from firstlight.dimse.associations import Aborted, Association, Message
from firstlight.dimse.requesting import NotAssociated, associate, report_event
from firstlight.dimse.services import UID, Handler
from firstlight.dimse.syntaxes import PLAIN, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
from firstlight.dimse.wire import Broken, Gone
from firstlight.imaging.dimse.identifiers import BadIdentifier, read_data_set, written_data_set
from firstlight.imaging.dimse.retrieve import callee_of
from firstlight.imaging.models import Commitment, Peer
from firstlight.imaging.peers import ask_commitment, is_told, put_off
from firstlight.imaging.policies import reader_of
from firstlight.imaging.rules.access import may_be_read
from firstlight.rows import rows

REQUEST_ACTION = 1
ALL_KEPT, SOME_NOT = 1, 2
MOST_REFERENCES = 50_000
ASKED_AT_ONCE = 500
GIVEN_UP_AFTER = timedelta(days=3)
Reference = tuple[str, str]


def committing(peer: Peer) -> Handler:
    """N-ACTION: take down what a peer wants to be told about."""

    def commit(message: Message) -> None:
        status = _fault_of(message)
        try:
            transaction_uid, references = _read(message)
        except BadIdentifier:
            status = status or statuses.INVALID_ARGUMENT
        if not status:
            ask_commitment(peer, transaction_uid, references, at=timezone.now())
        message.association.respond(message, status)

    return commit


def _fault_of(message: Message) -> int:
    if commands.number(message.command, commands.ACTION_TYPE) != REQUEST_ACTION:
        return statuses.NO_SUCH_ACTION
    if commands.text(message.command, commands.REQUESTED_SOP_INSTANCE) != STORAGE_COMMITMENT_INSTANCE:
        return statuses.NO_SUCH_OBJECT_INSTANCE
    return 0


def _read(message: Message) -> tuple[str, list[Reference]]:
    data_set = read_data_set(message.data_set(), message.context.transfer_syntax)
    transaction_uid = str(data_set.get("TransactionUID") or "")
    items = data_set.get("ReferencedSOPSequence") or []
    references = [
        (str(each.get("ReferencedSOPClassUID") or ""), str(each.get("ReferencedSOPInstanceUID") or ""))
        for each in items
    ]
    uids = [transaction_uid, *(uid for pair in references for uid in pair)]
    if not 0 < len(references) <= MOST_REFERENCES or not all(len(uid) <= 64 and UID.fullmatch(uid) for uid in uids):
        raise BadIdentifier
    return transaction_uid, references


def report_due(ae_title: str, tls: ssl.SSLContext | None, is_settled: Callable[[Peer], bool], *, at: datetime) -> int:
    """Tell peers what they asked, when all that they sent has been dealt with; how many were told."""
    due = Commitment.objects.filter(reported_at=None, next_at__lte=at, peer__is_active=True).select_related(
        "peer__member"
    )
    told = 0
    for each in due[:50]:
        if at - each.asked_at > GIVEN_UP_AFTER:
            is_told(each, failed=len(each.references), at=at)
        elif not is_settled(each.peer) or not _report(each, ae_title, tls, at=at):
            put_off(each, at=at)
        else:
            told += 1
    return told


def _report(commitment: Commitment, ae_title: str, tls: ssl.SSLContext | None, *, at: datetime) -> bool:
    """Whether the peer has been told."""
    asked = [(str(sop_class), str(sop)) for sop_class, sop in commitment.references]
    failures = _failures(commitment.peer, asked, at=at)
    event = _event(commitment.transaction_uid, asked, failures, ae_title)
    roles = {STORAGE_COMMITMENT: (False, True)}
    try:
        there = associate(callee_of(commitment.peer, ae_title, tls), [(STORAGE_COMMITMENT, PLAIN)], roles=roles)
    except NotAssociated:
        return False
    try:
        if not _is_reported(there, event, SOME_NOT if failures else ALL_KEPT):
            return False
    except (Gone, Broken, Aborted):
        return False
    finally:
        there.wire.close()
    is_told(commitment, failed=len(failures), at=at)
    return True


def _is_reported(there: Association, event: Dataset, event_type: int) -> bool:
    context = there.context_for(STORAGE_COMMITMENT)
    if context is None:
        return False
    encoded = written_data_set(event, context.transfer_syntax)
    status = report_event(there, context, encoded, sop_instance_uid=STORAGE_COMMITMENT_INSTANCE, event_type=event_type)
    there.release()
    return status == statuses.SUCCESS


def _failures(peer: Peer, asked: Sequence[Reference], *, at: datetime) -> dict[str, int]:
    """Why the depository cannot answer for some of these (PS3.3 C.14.1.1), by SOP Instance UID."""
    kept = _kept(peer, [sop for _, sop in asked], at=at)
    return {
        sop: statuses.CLASS_INSTANCE_CONFLICT if sop in kept else statuses.NO_SUCH_OBJECT_INSTANCE
        for sop_class, sop in asked
        if kept.get(sop) != sop_class
    }


def _kept(peer: Peer, sops: Sequence[str], *, at: datetime) -> dict[str, str]:
    """The SOP class of each that is stored, as far as this peer may know."""
    may, parameters = may_be_read(reader_of(peer.member), at)
    found: dict[str, str] = {}
    for begin in range(0, len(sops), ASKED_AT_ONCE):
        some = sops[begin : begin + ASKED_AT_ONCE]
        found |= rows(
            f"""SELECT instance.sop_instance_uid, instance.sop_class_uid FROM imaging_instance instance
            JOIN imaging_series series ON series.id = instance.series_id
            JOIN imaging_study study ON study.id = series.study_id
            WHERE {may} AND instance.sop_instance_uid IN ({", ".join(["%s"] * len(some))})""",
            [*parameters, *some],
        )
    return found


def _event(transaction_uid: str, asked: Sequence[Reference], failures: dict[str, int], ae_title: str) -> Dataset:
    """The Event Information of a report (PS3.4 table J.3-2)."""
    event = Dataset()
    event.TransactionUID = transaction_uid
    event.RetrieveAETitle = ae_title
    kept = [_reference(*each) for each in asked if each[1] not in failures]
    failed = [_reference(*each, reason=failures[each[1]]) for each in asked if each[1] in failures]
    if kept:
        event.ReferencedSOPSequence = kept
    if failed:
        event.FailedSOPSequence = failed
    return event


def _reference(sop_class_uid: str, sop_instance_uid: str, *, reason: int = 0) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    if reason:
        item.FailureReason = reason
    return item
