"""What an application entity answers, message by message; nothing of a data set is parsed here."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from firstlight.dimse import commands, statuses
from firstlight.dimse.associations import Aborted, Association, Message, TooLarge
from firstlight.dimse.files import FULL
from firstlight.dimse.spool import Full, Spool, head_of_file
from firstlight.dimse.syntaxes import STORAGE_CLASSES
from firstlight.dimse.wire import Broken, Gone

UID = re.compile(r"[0-9]+(\.[0-9]+)*")
Handler = Callable[[Message], None]
Handlers = Mapping[int, Handler]


class Note(Protocol):
    """Where events are told: a code each, with codes and numbers, never a value."""

    def __call__(self, event: str, **said: str | int | float) -> None: ...


def answer_all(association: Association, handlers: Handlers, note: Note) -> None:
    """Answer request after request until the peer releases. Raises Gone, Broken, Aborted."""
    while (message := association.receive()) is not None:
        if message.kind == commands.C_CANCEL or message.kind & commands.RESPONSE:
            message.drain()
            continue
        _answer(message, handlers.get(message.kind, unrecognized), note)
        association.cancelled.discard(message.number)
    association.confirm_release()


def _answer(message: Message, handler: Handler, note: Note) -> None:
    try:
        handler(message)
    except (Gone, Broken, Aborted):
        raise
    except TooLarge:
        message.association.respond(message, statuses.OUT_OF_RESOURCES)
    except MemoryError:
        note("refused", why="memory")
        _fail(message, statuses.OUT_OF_RESOURCES)
    except Exception as error:  # noqa: BLE001
        # The peer gets a status whatever happens, and no message, which may quote a value, leaves.
        note("refused", why="failure", kind=type(error).__name__)
        _fail(message, statuses.PROCESSING_FAILURE)


def _fail(message: Message, status: int) -> None:
    message.drain()
    message.association.respond(message, status)


def unrecognized(message: Message) -> None:
    """Answer a request that is none of ours."""
    _fail(message, statuses.UNRECOGNIZED_OPERATION)


def echo(message: Message) -> None:
    """C-ECHO (PS3.4 annex A)."""
    _fail(message, statuses.SUCCESS)


def within(sop_classes: Collection[str], handler: Handler) -> Handler:
    """A service for messages in contexts of its own SOP classes: whoever was given another context is not served."""

    def serve(message: Message) -> None:
        if message.context.abstract_syntax in sop_classes:
            handler(message)
        else:
            _fail(message, statuses.SOP_CLASS_NOT_SUPPORTED)

    return serve


def storing(spool: Spool, note: Note) -> Handler:
    """C-STORE (PS3.4 annex B): the object as it came lies durable in the spool before its status is said."""

    def store(message: Message) -> None:
        status = _fault_of(message) or _taken(message, spool, note)
        message.drain()
        message.association.respond(message, status)

    return within(STORAGE_CLASSES, store)


def _fault_of(message: Message) -> int:
    sop_class, sop = (
        commands.text(message.command, each) for each in (commands.AFFECTED_SOP_CLASS, commands.AFFECTED_SOP_INSTANCE)
    )
    if sop_class != message.context.abstract_syntax or not message.context.as_scu:
        return statuses.SOP_CLASS_NOT_SUPPORTED
    if len(sop) > 64 or not UID.fullmatch(sop):
        return statuses.INVALID_OBJECT_INSTANCE
    return 0 if message.is_open else statuses.CANNOT_UNDERSTAND


def _taken(message: Message, spool: Spool, note: Note) -> int:
    context, sop = message.context, commands.text(message.command, commands.AFFECTED_SOP_INSTANCE)
    try:
        spool.take(head_of_file(context.transfer_syntax, context.abstract_syntax, sop), message.chunks())
    except Full:
        note("refused", why="disk-full")
        return statuses.OUT_OF_RESOURCES
    except OSError as error:
        is_full = error.errno in FULL
        note("refused", why="disk-full" if is_full else "disk-error", number=error.errno or 0)
        return statuses.OUT_OF_RESOURCES if is_full else statuses.PROCESSING_FAILURE
    return statuses.SUCCESS
