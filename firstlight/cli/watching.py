"""Keep a command's parts running as processes of their own, and end them with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from firstlight.cli.startup import console
from firstlight.delivery.tasks.parents import end_with

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
GRACE_SECONDS = 25.0
HEALTHY_SECONDS = 60.0
PARENT = "FIRSTLIGHT_PARENT"


class Child:
    """One part: its process, and when it may be started again after it fell over."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", "firstlight.cli", *arguments]
        self._pause = FIRST_PAUSE_SECONDS
        self._started_at = 0.0
        self._start_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def look_after(self, now: float) -> None:
        """Start it when it does not run; after each fall it waits twice as long, until it ran for a while."""
        if self._process is not None and self._process.poll() is not None:
            ran_well = now - self._started_at > HEALTHY_SECONDS
            self._pause = FIRST_PAUSE_SECONDS if ran_well else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            console.print(f"A part of the worker ended ({self._process.returncode}); starting it again.")
            self._process, self._start_at = None, now + self._pause
        if self._process is None and now >= self._start_at:
            environment = {**os.environ, PARENT: str(os.getpid())}
            self._process = subprocess.Popen(self._command, env=environment)  # noqa: S603 — our own command
            self._started_at = now

    def tell_to_stop(self) -> None:
        """Ask it to end in good order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end, and end it at last."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def keep_running(commands: Sequence[Sequence[str]]) -> None:
    """Run these `firstlight` commands until this process is told to stop."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    children = [Child(command) for command in commands]
    while not stop.is_set():
        for child in children:
            child.look_after(time.monotonic())
        stop.wait(0.5)
    ends_at = time.monotonic() + GRACE_SECONDS
    for child in children:
        child.tell_to_stop()
    for child in children:
        child.wait(ends_at - time.monotonic())


def end_with_parent() -> None:
    """End with the command that started this one as a part of itself."""
    parent = os.environ.get(PARENT)
    if parent is not None:
        end_with(int(parent))
