"""What comes over the wire that should not: other senders do not notice, and the status says what happened."""

import json
import os
import random
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless
from pynetdicom import AE, build_role
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.sop_class import CTImageStorage, EnhancedSRStorage, MRImageStorage, Verification

from tests.gateway.conftest import Gateway, wait_until
from tests.gateway.test_journey import send
from tests.phantoms import as_bytes, identified_ct

Make = Callable[..., Gateway]
Slices = Callable[..., list[Path]]
Program = Callable[[str], str]


def request_of(ae_title: str = "FUZZ") -> bytes:
    """The bytes of an association request that is right."""
    from pynetdicom.acse import ACSE  # noqa: F401 - loads what the primitive needs
    from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification
    from pynetdicom.presentation import build_context

    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = ae_title, "FL"
    context = build_context(CTImageStorage, ExplicitVRLittleEndian)
    context.context_id = 1
    primitive.presentation_context_definition_list = [context]
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = 16382
    implementation.implementation_class_uid = "1.2.3.4"
    primitive.user_information = [length, implementation]
    return bytes(A_ASSOCIATE_RQ(primitive).encode())


def pdv(content: bytes, header: int, context: int = 1) -> bytes:
    """A P-DATA-TF PDU (PS3.8 9.3.5) with one value."""
    item = struct.pack(">IBB", len(content) + 2, context, header) + content
    return struct.pack(">BBI", 4, 0, len(item)) + item


@pytest.fixture
def quiet(gateway: Make) -> Iterator[Gateway]:
    yield gateway("--quiet-seconds", "600")


def spooled(gateway: Gateway) -> list[Path]:
    return [path for path in (gateway.data / "spool").iterdir() if path.suffix != ".part"]


def hostile(kind: int, chance: random.Random) -> bytes:
    """What a broken or hostile peer says before it hangs up."""
    opening = request_of()
    mangled = bytearray(opening)
    for _ in range(6):
        mangled[chance.randrange(6, len(mangled))] = chance.randrange(256)
    return [
        chance.randbytes(chance.randrange(1, 400)),
        opening[: chance.randrange(1, len(opening))],
        opening + pdv(bytes.fromhex("0000000004000000"), 0x03)[:-3],
        opening + struct.pack(">BBI", 4, 0, 0xFFFFFFF0) + bytes(64),
        opening + pdv(chance.randbytes(90), 0x03) + pdv(chance.randbytes(90), 0x02),
        opening + bytes.fromhex("07000000000400000000"),
        opening + pdv(b"", 0x03, context=77) + struct.pack(">BBI", 99, 0, 0),
        bytes(mangled),
    ][kind]


def test_broken_and_hostile_peers_leave_others_undisturbed(quiet: Gateway, slices: Slices) -> None:
    chance = random.Random(7)
    for number in range(40):
        with socket.create_connection(("127.0.0.1", quiet.port), timeout=5) as peer:
            peer.sendall(hostile(number % 8, chance))
        if number % 10 == 9:
            assert send(quiet, slices(1, first=number)) == [0]
    assert len(spooled(quiet)) == 4
    assert quiet.get("healthz") == "ok\n"


def test_a_data_set_that_was_cut_off_is_not_taken(quiet: Gateway, slices: Slices) -> None:
    ae = AE(ae_title="SCANNER")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = ae.associate("127.0.0.1", quiet.port)
    association.abort()
    content = as_bytes(identified_ct(1, size=256))
    with socket.create_connection(("127.0.0.1", quiet.port), timeout=5) as peer:
        peer.sendall(request_of() + pdv(content[400:60_000], 0x00))
    assert send(quiet, slices(1)) == [0]
    assert len(spooled(quiet)) == 1
    assert list((quiet.data / "spool").glob("*.part")) == []


def test_roles_and_syntaxes_are_negotiated_as_they_should_be(quiet: Gateway) -> None:
    ae = AE(ae_title="SCANNER")
    for abstract in (CTImageStorage, MRImageStorage, EnhancedSRStorage):
        ae.add_requested_context(abstract, [JPEG2000Lossless])
    ae.add_requested_context(Verification)
    ae.add_requested_context("1.2.840.10008.5.1.4.1.2.2.1")
    association = ae.associate("127.0.0.1", quiet.port, ext_neg=[build_role(CTImageStorage, scp_role=True)])
    assert association.is_established
    accepted = {str(context.abstract_syntax): context.transfer_syntax[0] for context in association.accepted_contexts}
    assert accepted[CTImageStorage] == accepted[EnhancedSRStorage] == JPEG2000Lossless
    assert [str(each.abstract_syntax) for each in association.rejected_contexts] == ["1.2.840.10008.5.1.4.1.2.2.1"]
    assert association.send_c_echo().Status == 0
    association.release()


def test_only_those_on_the_list_may_send(gateway: Make, program: Program) -> None:
    running = gateway("--calling", "CT1", "--calling", "CT2")
    command = [program("echoscu"), "-aec", "FL", "127.0.0.1", str(running.port)]
    codes = [subprocess.run([*command, "-aet", title], check=False).returncode for title in ("CT1", "X", "CT2")]
    assert [code == 0 for code in codes] == [True, False, True]


def certificate(openssl: str, folder: Path, name: str) -> tuple[Path, Path]:
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


def test_tls_with_senders_that_prove_who_they_are(
    gateway: Make, slices: Slices, program: Program, tmp_path: Path
) -> None:
    key, cert = certificate(program("openssl"), tmp_path, "gateway")
    scanner_key, scanner_cert = certificate(program("openssl"), tmp_path, "scanner")
    tls = ["--tls-cert", str(cert), "--tls-key", str(key), "--tls-ca", str(scanner_cert)]
    running = gateway("--quiet-seconds", "600", *tls)
    paths = [str(path) for path in slices(3)]
    command = [program("storescu"), "-aec", "FL"]
    proven = ["+tls", str(scanner_key), str(scanner_cert), "+cf", str(cert)]
    address = ["127.0.0.1", str(running.port)]
    subprocess.run([*command, *proven, *address, *paths], check=True)
    assert len(spooled(running)) == 3
    anonymous = subprocess.run([*command, "+tla", "+cf", str(cert), *address, *paths], check=False, capture_output=True)
    open_wire = subprocess.run([*command, "-to", "5", *address, *paths], check=False, capture_output=True)
    assert (anonymous.returncode != 0, open_wire.returncode != 0) == (True, True)
    assert len(spooled(running)) == 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk of its own")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_told_to_the_sender_and_got_over(gateway: Make, slices: Slices, small_disk: Path) -> None:
    running = gateway(data=small_disk / "gateway")
    fill = small_disk / "something-else"
    free = os.statvfs(small_disk)
    fill.write_bytes(bytes(free.f_bavail * free.f_frsize - (1 << 20) - 200_000))
    first = send(running, slices(8, size=256))
    assert 0xA700 in first
    wait_until(lambda: running.count("sent") + running.count("waiting") + running.count("cleaned") == first.count(0))
    assert send(running, slices(1, first=100, size=512)) == [0xA700]
    fill.unlink()
    assert send(running, slices(8, size=256)) == [0] * 8
    wait_until(lambda: running.count("sent") == 8, why=running.errors.read_text)
    assert running.count("held") == 0
    events = [json.loads(line) for line in (running.data / "gateway.log").read_text().splitlines()]
    assert "disk-full" in {each.get("why") for each in events}
