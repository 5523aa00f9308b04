"""Several processes behind one port, since one is bound by the interpreter's lock; each is started again if it falls.

They share one listening socket: a queue that whoever is free takes from, and that outlives each of them. What a process
has to know comes as one line of JSON on its standard input, which closes with whoever started it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from firstlight.dimse.door import Door
from firstlight.dimse.services import Note

BACKLOG = 128
GRACE_SECONDS = 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class Processes:
    """Python modules run as processes of their own: (module, what it is told) each."""

    def __init__(self, parts: Sequence[tuple[str, Mapping[str, Any]]], listening: socket.socket, note: Note) -> None:
        self._parts = parts
        self._listening = listening
        self._note = note
        self._answering, self._answers = os.pipe()
        self._pauses = [FIRST_PAUSE_SECONDS] * len(parts)
        self._running = [self._start(place) for place in range(len(parts))]

    def _start(self, place: int) -> "subprocess.Popen[bytes]":
        module, told = self._parts[place]
        handles = {"socket": self._listening.fileno(), "answers": self._answers}
        process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, pass_fds=[*handles.values()])  # noqa: S603
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.write(json.dumps({**told, **handles}).encode() + b"\n")
        process.stdin.flush()
        return process

    def answer(self, within_seconds: float = GRACE_SECONDS) -> bool:
        """Whether one of them stands at the door, after waiting for it."""
        ready, _, _ = select.select([self._answering], [], [], within_seconds)
        return bool(ready)

    def watch(self, stop: threading.Event) -> None:
        """Start a process again when it ended by itself; one that falls again and again waits longer each time."""
        while not stop.wait(FIRST_PAUSE_SECONDS):
            for place, process in enumerate(self._running):
                if process.poll() is None or stop.is_set():
                    continue
                self._note("process-ended", code=process.returncode)
                if stop.wait(self._pauses[place]):
                    return
                self._pauses[place] = min(self._pauses[place] * 2, LONGEST_PAUSE_SECONDS)
                self._running[place] = self._start(place)

    def stop(self) -> None:
        """Let each finish what it is at, then end it."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        ends_at = time.monotonic() + GRACE_SECONDS
        for process in self._running:
            try:
                process.wait(max(0.1, ends_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def told() -> dict[str, Any]:
    """What this process was told by the one that started it."""
    found: dict[str, Any] = json.loads(sys.stdin.readline())
    return found


def until_told_to_stop(work: Callable[[threading.Event], None]) -> None:
    """Do a process's work until SIGTERM or SIGINT, and end with the process that started this one."""
    stop = threading.Event()

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stopped)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work(stop)
    os._exit(0)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def receive(door: Door, answers: int) -> None:
    """Answer at a door until this process is told to stop, and say so to the one who waits for it."""

    def work(stop: threading.Event) -> None:
        threading.Thread(target=door.serve, daemon=True).start()
        os.write(answers, b".")
        os.close(answers)
        stop.wait()
        door.finish()

    until_told_to_stop(work)
