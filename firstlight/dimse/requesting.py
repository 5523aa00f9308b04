"""Asking another application entity for an association, to send to it."""

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firstlight.dimse import commands
from firstlight.dimse.associations import Association, Message
from firstlight.dimse.terms import Context, Proposed, read_acceptance, written_request
from firstlight.dimse.wire import ASSOCIATE_AC, ASSOCIATE_RQ, Broken, Gone, Limits, Wire

MOST_CONTEXTS = 128
CONNECTING_SECONDS = 10.0


class NotAssociated(Exception):
    """The other side cannot be reached, or does not want to."""


@dataclass(frozen=True)
class Callee:
    """Whom to call, and as whom."""

    host: str
    port: int
    called: str
    calling: str
    tls: ssl.SSLContext | None = None


def associate(
    callee: Callee,
    proposals: Iterable[tuple[str, tuple[str, ...]]],
    *,
    roles: Mapping[str, tuple[bool, bool]] | None = None,
    limits: Limits | None = None,
) -> Association:
    """An association with these (abstract syntax, transfer syntaxes) proposed. Raises NotAssociated."""
    limits = limits or Limits()
    contexts = tuple((2 * place + 1, *each) for place, each in enumerate(proposals))[:MOST_CONTEXTS]
    asked = Proposed(callee.calling, callee.called, contexts, roles or {}, limits.largest_pdu)
    wire = _connected(callee, limits)
    try:
        wire.write_pdu(ASSOCIATE_RQ, written_request(asked))
        kind, content = wire.read(within_seconds=limits.silence_seconds)
        agreed, largest = read_acceptance(bytes(content), asked) if kind == ASSOCIATE_AC else ([], 0)
    except (Gone, Broken):
        agreed, largest = [], 0
    if not agreed:
        wire.close()
        raise NotAssociated
    found = {each.number: each for each in agreed}
    return Association(wire, callee.calling, callee.called, callee.host, found, largest)


def _connected(callee: Callee, limits: Limits) -> Wire:
    try:
        connection = socket.create_connection((callee.host, callee.port), CONNECTING_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if callee.tls is not None:
            connection = callee.tls.wrap_socket(connection, server_hostname=callee.host)
    except OSError:
        raise NotAssociated from None
    return Wire(connection, limits)


def store(
    association: Association,
    context: Context,
    data_set: Iterable[bytes | memoryview],
    *,
    sop_instance_uid: str,
    originator: tuple[str, int] | None = None,
) -> int:
    """C-STORE an encoded data set in an agreed context; the status that comes back. Raises Gone, Broken, Aborted.

    `originator` is the AE title and message of the C-MOVE that this is part of (PS3.7 9.1.1.1).
    """
    command: dict[int, int | str] = {
        commands.AFFECTED_SOP_CLASS: context.abstract_syntax,
        commands.COMMAND_FIELD: commands.C_STORE,
        commands.MESSAGE_ID: association.next_number(),
        commands.PRIORITY: 0,
        commands.AFFECTED_SOP_INSTANCE: sop_instance_uid,
    }
    if originator is not None:
        command[commands.MOVE_ORIGINATOR], command[commands.MOVE_ORIGINATOR_MESSAGE_ID] = originator
    return _status_of(association.ask(context, command, data_set))


def report_event(
    association: Association,
    context: Context,
    data_set: bytes,
    *,
    sop_instance_uid: str,
    event_type: int,
) -> int:
    """N-EVENT-REPORT (PS3.7 10.1.1); the status that comes back. Raises Gone, Broken, Aborted."""
    command: dict[int, int | str] = {
        commands.AFFECTED_SOP_CLASS: context.abstract_syntax,
        commands.COMMAND_FIELD: commands.N_EVENT_REPORT,
        commands.MESSAGE_ID: association.next_number(),
        commands.AFFECTED_SOP_INSTANCE: sop_instance_uid,
        commands.EVENT_TYPE: event_type,
    }
    return _status_of(association.ask(context, command, (data_set,)))


def _status_of(answer: Message) -> int:
    answer.drain()
    return commands.number(answer.command, commands.STATUS, 0xFFFF)
