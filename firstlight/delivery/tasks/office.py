"""The process that sends: another for each channel, one thread for addressing, one for chores."""

import logging
import multiprocessing
import os
import random
import signal
import sys
import threading
import time

import django
from django.apps import apps
from django.db import connections

from firstlight.delivery.actions.shifts import sender_name
from firstlight.delivery.carriers import carriers_of
from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.tasks.clockwork import address, do_chores
from firstlight.delivery.tasks.lane import Lane
from firstlight.delivery.tasks.parents import end_with
from firstlight.delivery.tasks.script import personal_links

log = logging.getLogger(__name__)

# Longer than a carrier may take to answer what it is being given, shorter than a claim.
PATIENCE_SECONDS = 150.0


def open_office(stop: threading.Event) -> bool:
    """Send until told to stop; False when a part of it fell over, and a new process should begin.

    The channels are processes, not threads, so that rendering and recording on one never hold up the other; they are
    forked before there is any thread or connection, and share this one's memory.
    """
    personal_links()  # reads all addresses of the site once, for all processes
    connections.close_all()
    fork, spawn = multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")
    context = fork if sys.platform == "linux" else spawn
    lanes = [context.Process(target=run_lane, args=(channel, os.getpid()), name=channel.value) for channel in Channel]
    for lane in lanes:
        lane.start()
    sender = sender_name()
    threads = [
        threading.Thread(target=address, args=(stop,), name="addressing", daemon=True),
        threading.Thread(target=do_chores, args=(stop,), kwargs={"sender": sender}, name="chores", daemon=True),
    ]
    for thread in threads:
        thread.start()
    is_well = _watch([*lanes, *threads], stop)
    stop.set()
    for lane in lanes:
        lane.terminate()
    for part in (*lanes, *threads):
        part.join(PATIENCE_SECONDS)
    return is_well


def run_lane(channel: Channel, parent: int) -> None:
    """Send on one channel, in this process, until told to stop."""
    if not apps.ready:  # where processes are not forked
        django.setup()
    stop = threading.Event()
    stop_on_signals(stop)
    end_with(parent)
    chance = random.SystemRandom().random
    Lane(channel, carriers_of(channel), sender=sender_name(), clock=time.time, chance=chance).run(stop)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT end the work in good order."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())


def _watch(parts: list[multiprocessing.process.BaseProcess | threading.Thread], stop: threading.Event) -> bool:
    while not stop.wait(0.5):
        fallen = [part.name for part in parts if not part.is_alive()]
        if fallen:
            log.error("The office closes: %s fell over", ", ".join(fallen))
            return False
    return True
