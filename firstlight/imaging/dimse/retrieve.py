"""C-MOVE and C-GET (PS3.4 C.4.2 and C.4.3): stored instances, sent one by one to who may have them."""

import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from firstlight.dimse import commands, statuses
from firstlight.dimse.associations import Aborted, Association, Message
from firstlight.dimse.requesting import Callee, NotAssociated, associate
from firstlight.dimse.services import Handler
from firstlight.dimse.wire import Broken, Gone
from firstlight.imaging.dimse.identifiers import (
    BadIdentifier,
    Identifier,
    failed_list,
    read_identifier,
    written_data_set,
)
from firstlight.imaging.dimse.sending import Kept, NotSendable, proposals, send
from firstlight.imaging.models import Peer
from firstlight.imaging.peers import peer_called
from firstlight.imaging.policies import reader_of
from firstlight.imaging.rules.access import Reader, may_be_read
from firstlight.imaging.rules.matching import all_of
from firstlight.rows import rows

# Which unique key each level is retrieved by (PS3.4 C.6.1.1, C.6.2.1), from the top.
UNIQUE_KEYS = {
    "PATIENT": ("00100020", "study.patient_id"),
    "STUDY": ("0020000D", "study.study_instance_uid"),
    "SERIES": ("0020000E", "series.series_instance_uid"),
    "IMAGE": ("00080018", "instance.sop_instance_uid"),
}
MOST_VALUES = 5000
UNABLE_TO_PERFORM = 0xA702
Send = Callable[[Kept], int]


@dataclass
class Progress:
    """How far the sub-operations of a retrieval are."""

    remaining: int
    completed: int = 0
    warning: int = 0
    failed: list[str] = field(default_factory=list)

    def count(self, sop_instance_uid: str, status: int) -> None:
        """Enter what became of one."""
        self.remaining -= 1
        if status == statuses.SUCCESS:
            self.completed += 1
        elif status & 0xF000 == statuses.SUB_OPERATIONS_FAILED:
            self.warning += 1
        else:
            self.failed.append(sop_instance_uid)

    def counts(self, *, is_over: bool) -> dict[int, int]:
        """As a response has them (PS3.4 C.4.2.1.6); what remains is not told in the last one."""
        numbers = {
            commands.COMPLETED: self.completed,
            commands.FAILED: len(self.failed),
            commands.WARNING: self.warning,
            **({} if is_over else {commands.REMAINING: self.remaining}),
        }
        return {element: min(number, 0xFFFF) for element, number in numbers.items()}


def asked_for(asked: Identifier, readers: Sequence[Reader], at: datetime) -> list[Kept]:
    """The instances that a retrieval names and each of these readers may know of. Raises BadIdentifier."""
    if asked.level not in UNIQUE_KEYS:
        raise BadIdentifier
    found = [may_be_read(reader, at) for reader in readers]
    for level, (tag, column) in UNIQUE_KEYS.items():
        values = asked.values(tag)
        if len(values) > MOST_VALUES or any("*" in each or "?" in each for each in values):
            raise BadIdentifier
        if values:
            found.append((f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)))
        elif level == asked.level:
            raise BadIdentifier
        if level == asked.level:
            break
    where, parameters = all_of(found)
    return [
        Kept(*row)
        for row in rows(
            f"""SELECT instance.sop_instance_uid, instance.sop_class_uid, instance.transfer_syntax_uid,
            instance.stored_object FROM imaging_instance instance
            JOIN imaging_series series ON series.id = instance.series_id
            JOIN imaging_study study ON study.id = series.study_id WHERE {where}
            ORDER BY study.id, series.id, instance.stack_index, instance.id""",
            parameters,
        )
    ]


def _instances(message: Message, readers: Sequence[Reader], at: datetime) -> list[Kept] | None:
    """What a request asks for; None where it cannot be read, which the peer has then been told."""
    try:
        asked = read_identifier(message.data_set(), message.context.transfer_syntax)
        return asked_for(asked, readers, at)
    except BadIdentifier:
        message.association.respond(message, statuses.IDENTIFIER_DOES_NOT_MATCH)
        return None


def getting(reader: Callable[[datetime], Reader]) -> Handler:
    """C-GET for a peer: what it may know of, over the association it asks on."""

    def get(message: Message) -> None:
        now = timezone.now()
        instances = _instances(message, [reader(now)], now)
        if instances is not None:
            _send_all(message, instances, lambda kept: send(message.association, kept, to_scp=True))

    return get


def moving(reader: Callable[[datetime], Reader], ae_title: str, tls: ssl.SSLContext | None) -> Handler:
    """C-MOVE for a peer: what it and the destination may know of, to a destination that is a peer as well."""

    def move(message: Message) -> None:
        now = timezone.now()
        destination = peer_called(commands.text(message.command, commands.MOVE_DESTINATION))
        if destination is None:
            message.drain()
            message.association.respond(message, statuses.MOVE_DESTINATION_UNKNOWN)
            return
        instances = _instances(message, [reader(now), reader_of(destination.member)], now)
        if instances is not None:
            _move(message, instances, callee_of(destination, ae_title, tls))

    return move


def callee_of(peer: Peer, ae_title: str, tls: ssl.SSLContext | None) -> Callee:
    """How to call a peer."""
    return Callee(peer.host, peer.port or 0, peer.ae_title, ae_title, tls if peer.uses_tls else None)


def _move(message: Message, instances: list[Kept], callee: Callee) -> None:
    if not instances:
        _finish(message, Progress(0), statuses.SUCCESS)
        return
    try:
        there = associate(callee, proposals(instances))
    except NotAssociated:
        progress = Progress(0, failed=[each.sop_instance_uid for each in instances])
        _finish(message, progress, UNABLE_TO_PERFORM)
        return
    try:
        _send_all(message, instances, _to(there, (message.association.calling, message.number)))
        _release(there)
    finally:
        there.wire.close()


def _to(there: Association, originator: tuple[str, int]) -> Send:
    """Sends over another association; once that has failed, nothing more is tried on it."""
    is_gone = False

    def send_one(kept: Kept) -> int:
        nonlocal is_gone
        if is_gone:
            return statuses.PROCESSING_FAILURE
        try:
            return send(there, kept, originator=originator, to_scp=False)
        except (Gone, Broken, Aborted):
            is_gone = True
            return statuses.PROCESSING_FAILURE

    return send_one


def _release(there: Association) -> None:
    try:
        there.release()
    except (Gone, Broken):
        return  # everything was sent and answered before


def _send_all(message: Message, instances: Iterable[Kept], send_one: Send) -> None:
    """Send one after the other, telling how far it is, until all are sent or the peer takes its request back."""
    listed = list(instances)
    progress = Progress(len(listed))
    for kept in listed:
        if message.association.is_cancelled(message):
            message.association.respond(message, statuses.CANCELLED, counts=progress.counts(is_over=False))
            return
        progress.count(kept.sop_instance_uid, _sent(send_one, kept))
        if progress.remaining:
            message.association.respond(message, statuses.PENDING, counts=progress.counts(is_over=False))
    _finish(message, progress, statuses.SUB_OPERATIONS_FAILED if progress.failed else statuses.SUCCESS)


def _sent(send_one: Send, kept: Kept) -> int:
    try:
        return send_one(kept)
    except (NotSendable, OSError, LookupError):
        return statuses.PROCESSING_FAILURE


def _finish(message: Message, progress: Progress, status: int) -> None:
    failed = failed_list(progress.failed[:MOST_VALUES]) if progress.failed else None
    encoded = written_data_set(failed, message.context.transfer_syntax) if failed else b""
    message.association.respond(message, status, encoded, progress.counts(is_over=True))
