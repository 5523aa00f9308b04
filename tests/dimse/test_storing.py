"""Objects arrive as they were sent, are durable before their status, and are named after nothing in them."""

import errno
import os
import threading
from pathlib import Path

import pytest
from pydicom.filereader import read_file_meta_info
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, build_role
from pynetdicom.sop_class import CTImageStorage

from firstlight.dimse import statuses
from firstlight.dimse.requesting import NotAssociated, associate, store
from firstlight.dimse.terms import Offered, Proposed, agree
from firstlight.dimse.wire import Limits
from tests.dimse.conftest import CT, EXPLICIT, Open, Standing
from tests.phantoms import as_bytes, identified_ct
from tests.shipments import ct

SOP = "1.2.3.4"


def send(standing: Standing, data_set: bytes, *, sop: str = SOP, limits: Limits | None = None) -> int:
    """The status of one C-STORE by our own hand."""
    association = associate(standing.callee, [(CT, (EXPLICIT,))], limits=limits)
    [context] = association.contexts.values()
    status = store(association, context, (data_set,), sop_instance_uid=sop)
    association.release()
    association.wire.close()
    return status


def test_an_object_lies_there_as_it_came(open_door: Open) -> None:
    standing = open_door()
    data_set = bytes(range(256)) * 4_001
    assert send(standing, data_set) == statuses.SUCCESS
    [path] = standing.came
    assert path.read_bytes().endswith(data_set)
    meta = read_file_meta_info(path)
    assert (meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID) == (SOP, EXPLICIT)
    assert SOP not in path.name


def test_what_was_deidentified_here_arrives_with_the_same_bytes(open_door: Open, tmp_path: Path) -> None:
    """A receipt is for a file's bytes: they must survive the way over DIMSE."""
    standing, [content] = open_door(), ct(1)
    (tmp_path / "one.dcm").write_bytes(content)
    ae = AE(ae_title="SCU")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = ae.associate("127.0.0.1", standing.port)
    assert association.send_c_store(tmp_path / "one.dcm").Status == 0
    association.release()
    [path] = standing.came
    assert path.read_bytes() == content


@pytest.mark.parametrize("largest_pdu", [128, 4_096, 131_072])
def test_peers_of_every_size_are_understood(open_door: Open, largest_pdu: int) -> None:
    standing = open_door(limits=Limits(largest_pdu=largest_pdu))
    data_set = as_bytes(identified_ct(1, size=64))[400:]
    assert send(standing, data_set) == statuses.SUCCESS
    [path] = standing.came
    assert path.read_bytes().endswith(data_set)


def test_many_senders_at_once(open_door: Open) -> None:
    standing = open_door()
    data_set = bytes(100_000)
    answers: list[int] = []
    senders = [
        threading.Thread(target=lambda: answers.extend(send(standing, data_set) for _ in range(5))) for _ in range(8)
    ]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    assert answers == [statuses.SUCCESS] * 40
    assert len(standing.came) == 40


def test_an_object_is_synced_under_its_name_before_the_answer(open_door: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is logged with the file by the file systems that we name; the status waits for it."""
    standing, synced = open_door(), []

    def sync(_handle: int) -> None:
        synced.append([each.name for each in standing.came])

    monkeypatch.setattr(os, "fsync", sync)
    assert send(standing, bytes(1000)) == statuses.SUCCESS
    assert synced == [[each.name for each in standing.came]]
    assert len(synced[0]) == 1


def test_a_disk_that_fails_at_the_end_leaves_nothing(open_door: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = open_door()

    def sync(_handle: int) -> None:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(os, "fsync", sync)
    assert send(standing, bytes(1000)) == statuses.PROCESSING_FAILURE
    assert (standing.came, standing.halves) == ([], [])


def test_a_full_disk_is_told_and_the_association_goes_on(open_door: Open) -> None:
    standing = open_door(keep_free_bytes=1 << 60)
    association = associate(standing.callee, [(CT, (EXPLICIT,))])
    [context] = association.contexts.values()
    statuses_ = [store(association, context, (bytes(300_000),), sop_instance_uid=SOP) for _ in range(3)]
    association.release()
    association.wire.close()
    assert statuses_ == [statuses.OUT_OF_RESOURCES] * 3
    assert standing.told == ["refused why=disk-full"] * 3


def test_an_object_that_is_too_large_is_refused_and_leaves_nothing(open_door: Open) -> None:
    standing = open_door(largest_object=100_000)
    assert send(standing, bytes(100_001)) == statuses.OUT_OF_RESOURCES
    assert send(standing, bytes(99_999)) == statuses.SUCCESS
    assert (len(standing.came), standing.halves) == (1, [])


@pytest.mark.parametrize("sop", ["../../etc/passwd", "1..2", "1." + "2" * 64, "", "1.2/3"])
def test_uids_that_are_none_are_refused(open_door: Open, sop: str) -> None:
    standing = open_door()
    assert send(standing, bytes(1000), sop=sop) == statuses.INVALID_OBJECT_INSTANCE
    assert standing.came == []


def test_a_stranger_is_turned_away(open_door: Open) -> None:
    standing = open_door()
    ae = AE(ae_title="NOBODY")
    ae.add_requested_context(CTImageStorage)
    assert ae.associate("127.0.0.1", standing.port).is_rejected
    assert standing.told == ["rejected result=1 source=1 reason=3"]
    with pytest.raises(NotAssociated):
        associate(type(standing.callee)("127.0.0.1", standing.port, "FL", "NOBODY"), [(CT, (EXPLICIT,))])


def test_roles_that_are_not_given_are_what_they_are_without_a_word(open_door: Open) -> None:
    """Whoever asks to be SCP of a class that is only stored here stays its SCU (PS3.7 D.3.3.4)."""
    standing = open_door()
    ae = AE(ae_title="SCU")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    wish = build_role(CTImageStorage, scu_role=True, scp_role=True)
    association = ae.associate("127.0.0.1", standing.port, ext_neg=[wish])
    [context] = association.accepted_contexts
    assert (context.as_scu, context.as_scp) == (True, False)
    association.release()


def test_roles_are_agreed_on_as_they_are_offered() -> None:
    def roles(offer: Offered, *wish: bool) -> list[tuple[bool, bool]]:
        asked = Proposed("SCU", "FL", ((1, CT, (EXPLICIT,)),), {CT: wish} if wish else {}, 0)  # type: ignore[dict-item]
        agreed, _results = agree(asked, {CT: offer})
        return [(each.as_scu, each.as_scp) for each in agreed]

    both, getting = Offered((EXPLICIT,), as_scp=True), Offered((EXPLICIT,), as_scu=False, as_scp=True)
    assert roles(both) == [(True, False)]
    assert roles(both, True, True) == [(True, True)]
    assert roles(both, False, True) == [(False, True)]
    assert roles(getting) == roles(getting, True, False) == []
    assert roles(getting, True, True) == [(False, True)]
