"""Peers that lie, dawdle, break off and crowd: each is told so, memory stays bounded, and others do not notice."""

import contextlib
import resource
import socket
import struct
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstlight.dimse import door as doors
from firstlight.dimse import statuses
from firstlight.dimse.commands import (
    AFFECTED_SOP_CLASS,
    AFFECTED_SOP_INSTANCE,
    C_ECHO,
    C_STORE,
    COMMAND_FIELD,
    DATA_SET_TYPE,
    MESSAGE_ID,
    BadCommand,
    read_command,
    written_command,
)
from firstlight.dimse.wire import HEADER, Limits
from tests.dimse.conftest import CT, Open, Standing, pdv, read_pdu, request, until
from tests.dimse.test_storing import send

ACCEPTED, REJECTED, ABORTED = 2, 3, 7
LAST_COMMAND, DATA, LAST_DATA = 3, 0, 2


def command(**more: int) -> bytes:
    """A C-STORE request that is right."""
    return written_command(
        {
            AFFECTED_SOP_CLASS: CT, COMMAND_FIELD: C_STORE, MESSAGE_ID: 1, DATA_SET_TYPE: 1,
            AFFECTED_SOP_INSTANCE: "1.2.3",
        }
    )  # fmt: skip


def opened(standing: Standing) -> socket.socket:
    """A caller that was let in."""
    peer = standing.dial()
    peer.sendall(request())
    assert read_pdu(peer)[0] == ACCEPTED
    return peer


LIES = {
    "a P-DATA of 4 GB": HEADER.pack(4, 0xFFFFFFF0) + bytes(64),
    "a P-DATA larger than was agreed": HEADER.pack(4, 131_073) + bytes(64),
    "a value longer than its PDU": HEADER.pack(4, 10) + struct.pack(">IBB", 4_000, 1, 3) + bytes(4),
    "a value of no length": HEADER.pack(4, 6) + struct.pack(">IBB", 0, 1, 3),
    "a value cut off in its head": HEADER.pack(4, 3) + bytes(3),
    "a context nobody agreed on": pdv(command(), LAST_COMMAND, context=99),
    "data where a command belongs": pdv(bytes(80), LAST_DATA),
    "a command that is none": pdv(b"\xff" * 90, LAST_COMMAND),
    "a command without a field": pdv(written_command({MESSAGE_ID: 1}), LAST_COMMAND),
    "a command without an end": b"".join(pdv(bytes(8_000), 1) for _ in range(4)),
    "a command within a data set": pdv(command(), LAST_COMMAND) * 2,
    "a data set in another context": pdv(command(), LAST_COMMAND) + pdv(bytes(10), DATA, context=3),
    "release within a data set": pdv(command(), LAST_COMMAND) + HEADER.pack(5, 4) + bytes(4),
    "a PDU of no kind": HEADER.pack(99, 0),
    "a second association": request(),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_whoever_says_what_it_must_not_is_told_so(open_door: Open, lie: bytes) -> None:
    standing = open_door()
    with opened(standing) as peer:
        peer.sendall(lie)
        kind, content = read_pdu(peer)
    assert (kind, content[2]) == (ABORTED, 2)
    assert (standing.came, standing.halves) == ([], [])
    assert send(standing, bytes(1000)) == statuses.SUCCESS


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=300).map(lambda each: request()[:74] + each)))
def test_any_opening_is_survived(door_for_all: Standing, opening: bytes) -> None:
    with door_for_all.dial() as peer:
        peer.sendall(HEADER.pack(1, len(opening)) + opening)
        peer.shutdown(socket.SHUT_WR)
        assert read_pdu(peer)[0] in (0, ACCEPTED, REJECTED, ABORTED)


@pytest.fixture
def door_for_all(open_door: Open) -> Standing:
    return open_door()


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_are_not(content: bytes) -> None:
    with contextlib.suppress(BadCommand):
        read_command(content)


@given(st.integers(0, 0xFFFF), st.from_regex(r"\A[0-9]{1,8}(\.[0-9]{1,8}){1,5}\Z"))
def test_a_command_is_read_as_it_was_written(number: int, uid: str) -> None:
    said = {AFFECTED_SOP_CLASS: uid, COMMAND_FIELD: C_ECHO, MESSAGE_ID: number}
    assert read_command(written_command(said)) == said


def test_an_object_whose_sender_hangs_up_leaves_nothing(open_door: Open) -> None:
    standing = open_door()
    with opened(standing) as peer:
        peer.sendall(pdv(command(), LAST_COMMAND) + pdv(bytes(60_000), DATA))
        until(lambda: standing.halves)
    until(lambda: not standing.halves)
    assert standing.came == []


def test_an_aborted_object_leaves_nothing(open_door: Open) -> None:
    standing = open_door()
    with opened(standing) as peer:
        peer.sendall(pdv(command(), LAST_COMMAND) + pdv(bytes(60_000), DATA) + HEADER.pack(ABORTED, 4) + bytes(4))
        assert read_pdu(peer)[0] == 0
    until(lambda: not standing.halves)
    assert standing.came == []


def test_who_says_nothing_is_let_go(open_door: Open) -> None:
    standing = open_door(limits=Limits(silence_seconds=1.0, pdu_seconds=1.0, opening_seconds=0.5))
    began = time.monotonic()
    with standing.dial() as silent, opened(standing) as quiet:
        assert read_pdu(silent)[0] == ABORTED
        assert read_pdu(quiet)[0] == ABORTED
    assert time.monotonic() - began < 5


def test_who_sends_a_byte_at_a_time_is_let_go(open_door: Open) -> None:
    """Each byte in time is not enough: a PDU has to be there in time."""
    standing = open_door()
    with opened(standing) as peer:
        began = time.monotonic()
        with pytest.raises(OSError, match=r"pipe|reset"):
            for byte in pdv(command(), LAST_COMMAND) * 40:
                peer.sendall(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - began < 5


def test_who_does_not_read_the_answers_is_let_go(open_door: Open) -> None:
    standing = open_door(limits=Limits(silence_seconds=1.0, pdu_seconds=1.0, opening_seconds=1.0))
    echo = written_command({AFFECTED_SOP_CLASS: CT, COMMAND_FIELD: C_ECHO, MESSAGE_ID: 1, DATA_SET_TYPE: 0x0101})
    with opened(standing) as peer:
        peer.settimeout(10)
        with pytest.raises(OSError, match=r"pipe|reset"):
            while True:
                peer.sendall(pdv(echo, LAST_COMMAND) * 500)
    assert send(standing, bytes(1000)) == statuses.SUCCESS


def test_a_hundred_at_once_are_served_or_told_to_come_again(open_door: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "MOST_ASSOCIATIONS", 30)
    standing = open_door(limits=Limits())
    peers = [standing.dial() for _ in range(100)]
    for peer in peers:
        peer.sendall(request())
    answers = [read_pdu(peer) for peer in peers]
    kinds = [kind for kind, _ in answers]
    assert (kinds.count(ACCEPTED), kinds.count(REJECTED)) == (30, 70)
    assert {content for kind, content in answers if kind == REJECTED} == {bytes((0, 2, 3, 2))}
    for peer in peers:
        peer.close()
    until(lambda: _can_send(standing))


def _can_send(standing: Standing) -> bool:
    from firstlight.dimse.requesting import NotAssociated

    try:
        return send(standing, bytes(1000)) == statuses.SUCCESS
    except NotAssociated:
        return False


def test_memory_is_bounded_whatever_comes(open_door: Open) -> None:
    """Sixteen objects of 40 MB at once: they pass through buffers of a PDU each."""
    standing = open_door(limits=Limits())
    piece = bytes(120_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def sender() -> None:
        with opened(standing) as peer:
            peer.sendall(pdv(command(), LAST_COMMAND))
            for _ in range(333):
                peer.sendall(pdv(piece, DATA))
            peer.sendall(pdv(b"", LAST_DATA))
            assert read_pdu(peer)[0] == 4

    senders = [threading.Thread(target=sender) for _ in range(16)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert [path.stat().st_size // 1_000_000 for path in standing.came] == [39] * 16
    assert grown_mb < 64


def test_others_do_not_notice_slow_ones(open_door: Open) -> None:
    standing = open_door(limits=Limits(silence_seconds=10))
    slow = [opened(standing) for _ in range(20)]
    for peer in slow:
        peer.sendall(pdv(command(), LAST_COMMAND) + pdv(bytes(1000), DATA))
    began = time.monotonic()
    assert [send(standing, bytes(100_000)) for _ in range(10)] == [statuses.SUCCESS] * 10
    assert time.monotonic() - began < 5
    for peer in slow:
        peer.close()


def test_a_door_that_closes_lets_go_of_the_idle_at_once(open_door: Open) -> None:
    standing = open_door(limits=Limits())
    with opened(standing) as peer:
        began = time.monotonic()
        standing.door.finish()
        assert read_pdu(peer)[0] == ABORTED
        assert time.monotonic() - began < 5
