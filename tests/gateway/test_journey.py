"""From a scanner to the server, over real sockets and processes, and back again after everything that can happen."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import SENTENCES
from firstlight.dicom.keys import SiteKey
from tests.gateway.conftest import SECRET, Gateway, Hub, Wire, wait_until
from tests.phantoms import PLANTED

Make = Callable[..., Gateway]
Slices = Callable[..., list[Path]]
Program = Callable[[str], str]
OF_OUR_OWN = [word for word in PLANTED if len(word.encode()) > 4]


def send(gateway: Gateway, paths: list[Path]) -> list[int]:
    """Send with pynetdicom; the status of each."""
    ae = AE(ae_title="SCANNER")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = ae.associate("127.0.0.1", gateway.port, ae_title="FL")
    assert association.is_established
    try:
        return [int(association.send_c_store(path).get("Status", -1)) for path in paths]
    finally:
        association.release()


def new_uids(paths: list[Path]) -> set[str]:
    """Under which UIDs the server will have them."""
    key = SiteKey.from_bytes(SECRET)
    return {key.uid(str(read_instance(path.read_bytes()).SOPInstanceUID)) for path in paths}


def test_a_study_arrives_and_nothing_that_identifies_it_leaves_or_stays(
    gateway: Make, slices: Slices, hub: Hub, wire: Wire, program: Program
) -> None:
    running, paths = gateway(), slices(12)
    subprocess.run([program("echoscu"), "-aec", "FL", "127.0.0.1", str(running.port)], check=True)
    subprocess.run([program("storescu"), "-aec", "FL", "127.0.0.1", str(running.port), *map(str, paths)], check=True)
    wait_until(lambda: running.count("sent") == 12, why=running.errors.read_text)
    assert new_uids(paths) <= hub.instances()
    wait_until(lambda: not any(running.data.glob("*/*")), why=lambda: list(running.data.glob("*/*")))
    assert b"firstlight-receipt/2" in wire.sent
    for everything in (bytes(wire.sent), running.everything()):
        assert [word for word in OF_OUR_OWN if word.encode() in everything] == []
        assert [path.stem for path in paths if path.name.encode() in everything] == []
    assert running.stop() == 0


def test_the_same_again_changes_nothing_and_other_bytes_are_held(gateway: Make, slices: Slices, wire: Wire) -> None:
    running, paths = gateway(), slices(3)
    send(running, paths)
    wait_until(lambda: running.count("sent") == 3, why=running.errors.read_text)
    said = len(wire.sent)
    assert send(running, paths) == [0, 0, 0]
    wait_until(lambda: not any((running.data / "spool").iterdir()))
    assert (running.count("sent"), len(wire.sent)) == (3, said)
    other = slices(1, RescaleIntercept="-1000")
    assert send(running, other) == [0]
    wait_until(lambda: running.count("held") == 1)
    assert "different content" in running.get("")
    assert len(wire.sent) == said


def test_late_instances_of_a_study_follow_under_a_receipt_of_their_own(
    gateway: Make, slices: Slices, hub: Hub, wire: Wire
) -> None:
    running = gateway()
    early, late = slices(2), slices(2, first=3)
    send(running, early)
    wait_until(lambda: running.count("sent") == 2, why=running.errors.read_text)
    send(running, late)
    wait_until(lambda: running.count("sent") == 4, why=running.errors.read_text)
    assert new_uids([*early, *late]) <= hub.instances()
    assert wire.sent.count(b"POST /api/receipts") == 2


def test_four_associations_at_once(gateway: Make, slices: Slices, hub: Hub, program: Program) -> None:
    running = gateway()
    studies = [slices(8, of=number) for number in range(4)]
    command = [program("storescu"), "-aec", "FL", "127.0.0.1", str(running.port)]
    senders = [subprocess.Popen([*command, *map(str, paths)]) for paths in studies]
    assert [sender.wait(timeout=60) for sender in senders] == [0] * 4
    wait_until(lambda: running.count("sent") == 32, why=running.errors.read_text)
    assert new_uids([path for paths in studies for path in paths]) <= hub.instances()


def test_a_server_that_is_away_is_waited_for_and_senders_do_not_notice(
    gateway: Make, slices: Slices, hub: Hub, wire: Wire
) -> None:
    wire.cut()
    running, paths = gateway(), slices(5)
    assert send(running, paths) == [0] * 5
    wait_until(lambda: running.count("cleaned") == 5, why=running.errors.read_text)
    wait_until(lambda: "cannot be reached" in running.get(""))
    assert "연결되지 않습니다" in running.get("?lang=ko")
    assert running.stop() == 0
    running.start()
    wire.mend()
    wait_until(lambda: running.count("sent") == 5, why=running.errors.read_text)
    assert new_uids(paths) <= hub.instances()
    assert running.errors.read_text().count("cannot be reached") <= 2, "told once a run"


def test_a_wrong_token_holds_everything_and_is_told_once(gateway: Make, slices: Slices, hub: Hub, wire: Wire) -> None:
    running, paths = gateway(token="flt_wrong"), slices(2)
    send(running, paths)
    wait_until(lambda: "does not accept the token" in running.get(""), why=running.errors.read_text)
    assert (running.count("cleaned"), running.count("held")) == (2, 0)
    assert running.errors.read_text().count("does not accept the token") == 1
    assert "flt_wrong" not in running.everything().decode("utf-8", "replace")
    running.stop()
    running.token = hub.token
    running.start()
    wait_until(lambda: running.count("sent") == 2, why=running.errors.read_text)


def test_an_outbreak_that_the_server_does_not_know_holds_everything(gateway: Make, slices: Slices) -> None:
    running = gateway(slug="not-there")
    send(running, slices(1))
    wait_until(lambda: "does not know this address or outbreak" in running.get(""), why=running.errors.read_text)
    assert running.count("cleaned") == 1


def test_what_is_in_doubt_never_leaves_until_a_person_decides(gateway: Make, slices: Slices, wire: Wire) -> None:
    running = gateway()
    [short] = slices(1)
    short.write_bytes(short.read_bytes()[:-200])
    (running.data / "spool" / ("0" * 32)).write_bytes(short.read_bytes())
    assert send(running, slices(1, first=2)) == [0]
    wait_until(lambda: running.count("held") == 1 and running.count("sent") == 1, why=running.errors.read_text)
    [kept] = (running.data / "held").iterdir()
    assert kept.read_bytes() == short.read_bytes()
    assert SENTENCES["truncated"] in running.get("").lower()
    assert "중간에서 끊겼습니다" in running.get("", **{"Accept-Language": "ko-KR"})


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_loses_nothing_and_sends_nothing_twice(
    gateway: Make, slices: Slices, hub: Hub, seed: int
) -> None:
    chance = random.Random(seed)
    running, paths = gateway(), slices(24)
    waiting, accepted = list(paths), 0
    while waiting or running.count("sent") < len(paths):
        if waiting:
            batch, waiting = waiting[:6], waiting[6:]
            accepted += send(running, batch).count(0)
        time.sleep(chance.uniform(0, 1.2))
        running.kill()
        running.start()
        if not waiting:
            wait_until(lambda: running.count("sent") == len(paths), why=running.errors.read_text)
    assert accepted == len(paths)
    assert new_uids(paths) <= hub.instances()
    assert running.count("held") == 0
    wait_until(lambda: not any(running.data.glob("*/*")), why=lambda: list(running.data.glob("*/*")))


def test_what_was_accepted_is_on_the_disk_as_it_came(gateway: Make, slices: Slices, wire: Wire) -> None:
    wire.cut()
    running, [path] = gateway("--quiet-seconds", "600"), slices(1)
    send(running, [path])
    [kept] = (running.data / "spool").iterdir()
    assert read_instance(kept.read_bytes()) == read_instance(path.read_bytes())
    assert (kept.stat().st_mode & 0o777, (running.data / "spool").stat().st_mode & 0o777) == (0o600, 0o700)
