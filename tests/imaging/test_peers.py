"""Who may come in at the DICOM door, what each sees there, and what becomes of what they send."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from firstlight.audit.models import Entry
from firstlight.dimse import statuses
from firstlight.dimse.spool import Spool, waiting_in
from firstlight.dimse.syntaxes import (
    EXPLICIT_LITTLE,
    STORAGE_COMMITMENT,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
    VERIFICATION,
)
from firstlight.dimse.terms import CALLED_NOT_RECOGNIZED, CALLING_NOT_RECOGNIZED, Proposed, Rejection
from firstlight.imaging.actions import open_to_public, receive
from firstlight.imaging.dicomweb.exchange import Asked
from firstlight.imaging.dicomweb.search import search_studies
from firstlight.imaging.dimse import entity, intake
from firstlight.imaging.dimse.commitment import _failures
from firstlight.imaging.dimse.entity import Desk, offers_to
from firstlight.imaging.dimse.identifiers import BadIdentifier, answer, read_identifier, written_data_set
from firstlight.imaging.dimse.intake import take_in_all
from firstlight.imaging.dimse.retrieve import asked_for
from firstlight.imaging.dimse.search import LEVELS_OF_QUERY, answers, conditions
from firstlight.imaging.models import Commitment, Held, Instance, Peer, Study
from firstlight.imaging.peers import ask_commitment, is_told, peer_called, peer_calling, put_off, save_peer, set_in_use
from firstlight.imaging.policies import reader_of
from firstlight.imaging.receipts import take_receipt
from firstlight.imaging.rules.peers import is_ae_title, is_within, networks_in
from firstlight.people.models import Member
from tests.cast import DAWN, Cast
from tests.phantoms import as_bytes, identified_ct
from tests.shipments import ct, radiograph, receipt_for


@pytest.fixture
def peer(cast: Cast) -> Callable[..., Peer]:
    """Lists a partner that Ara's program is, unless said otherwise."""

    def make(title: str = "PACS1", **given: object) -> Peer:
        told = {"networks": "10.1.2.3", "member": cast.ara, **given}
        return save_peer(ae_title=title, by=cast.ara, at=DAWN, **told)

    return make


Make = Callable[..., Peer]


def test_a_peer_is_its_title_and_where_it_calls_from(peer: Make) -> None:
    made = peer(networks="10.1.2.3, 192.168.0.0/16 fd00::/8")
    for address in ("10.1.2.3", "192.168.77.1", "::ffff:10.1.2.3", "fd00::7%eth0"):
        assert peer_calling("PACS1", address) == made
    for title, address in (("PACS1", "10.1.2.4"), ("PACS2", "10.1.2.3"), ("pacs1", "10.1.2.3"), ("PACS1", "")):
        assert peer_calling(title, address) is None


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_is_in_its_own_network(address: object, length: int) -> None:
    assert is_within(str(address), networks_in(f"{address}/{length}"))


@pytest.mark.parametrize("title", ["", " PACS", "PACS ", "A" * 17, "A\\B", "기기", "A\nB"])
def test_titles_that_are_none(title: str) -> None:
    assert not is_ae_title(title)


def test_one_out_of_use_or_of_a_member_who_left_stays_out(peer: Make, cast: Cast) -> None:
    made = peer(member=cast.maru)
    set_in_use(made, is_active=False, by=cast.ara, at=DAWN)
    assert peer_calling("PACS1", "10.1.2.3") is None
    set_in_use(made, is_active=True, by=cast.ara, at=DAWN)
    cast.maru.is_active = False
    cast.maru.save()
    assert peer_calling("PACS1", "10.1.2.3") is None


@pytest.mark.parametrize(
    ("fault", "given"),
    [
        ("ae_title", {"title": "A\\B"}),
        ("networks", {"networks": "everywhere"}),
        ("networks", {"networks": " "}),
        ("decides_by_scan", {"decides_by_scan": True}),
        ("port", {"host": "10.1.2.3"}),
    ],
)
def test_what_cannot_be_is_said_where_it_is(peer: Make, fault: str, given: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as raised:
        peer(**given)
    assert list(raised.value.message_dict) == [fault]


def test_a_reader_cannot_stand_for_one_who_stores(peer: Make, cast: Cast) -> None:
    with pytest.raises(ValidationError) as raised:
        peer(member=cast.sora, may_store=True)
    assert list(raised.value.message_dict) == ["may_store"]


def test_only_administrators_list_partners_and_it_is_written_down(peer: Make, cast: Cast) -> None:
    for member in (cast.haneul, cast.maru, cast.sora, cast.noel):
        with pytest.raises(PermissionDenied):
            save_peer(ae_title="X", networks="10.1.2.3", member=cast.ara, by=member, at=DAWN)
    made = peer(may_find=True)
    peer(may_find=True, may_retrieve=True)
    said = Entry.objects.filter(target=f"peer:{made.pk}").order_by("pk")
    assert [(each.verb, each.details["allowed"]) for each in said] == [
        ("peer.added", ["may_find"]),
        ("peer.changed", ["may_find", "may_retrieve"]),
    ]


def test_what_is_offered_is_what_it_may(peer: Make, cast: Cast) -> None:
    assert set(offers_to(peer())) == {VERIFICATION}
    assert STUDY_ROOT_FIND in offers_to(peer(may_find=True))
    getting = offers_to(peer(may_find=False, may_retrieve=True))
    assert (STUDY_ROOT_GET in getting, STUDY_ROOT_FIND in getting) == (True, False)
    ct_class = "1.2.840.10008.5.1.4.1.1.2"
    assert (getting[ct_class].as_scu, getting[ct_class].as_scp) == (False, True)
    storing = offers_to(peer(may_retrieve=False, may_store=True))
    assert (storing[ct_class].as_scu, storing[ct_class].as_scp) == (True, False)
    assert STORAGE_COMMITMENT not in storing
    assert STORAGE_COMMITMENT in offers_to(peer(may_store=True, host="10.1.2.3", port=104))


def test_the_door_lets_in_whom_it_knows(peer: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entity, "close_old_connections", lambda: None)
    peer()
    desk = Desk("FL", tmp_path)

    def asked(calling: str, called: str = "FL") -> object:
        return desk.admit(Proposed(calling, called, (), {}, 0), "10.1.2.3")

    assert asked("PACS1", "OTHER") == CALLED_NOT_RECOGNIZED
    assert asked("STRANGER") == CALLING_NOT_RECOGNIZED
    assert not isinstance(asked("PACS1"), Rejection)


def identifier(level: str, **values: object) -> object:
    data_set = Dataset()
    data_set.QueryRetrieveLevel = level
    for name, value in values.items():
        setattr(data_set, name, value)
    return read_identifier(written_data_set(data_set, EXPLICIT_LITTLE), EXPLICIT_LITTLE)


def studies_found(member: Member, **values: object) -> list[str]:
    asked = identifier("STUDY", StudyInstanceUID="", **values)
    level = LEVELS_OF_QUERY["STUDY"]
    where, _ = conditions(asked, level, reader_of(member), DAWN)  # type: ignore[arg-type]
    return sorted(
        str(answer(each, asked.wanted, level="STUDY", retrieve_ae="FL").StudyInstanceUID)  # type: ignore[attr-defined]
        for each in answers(asked, level, where)  # type: ignore[arg-type]
    )


def studies_searched(member: Member) -> list[str]:
    import orjson

    found = search_studies(Asked(reader_of(member), DAWN, "", [], lambda _name: ""))
    return sorted(each["0020000D"]["Value"][0] for each in orjson.loads(found.body or b"[]"))  # type: ignore[arg-type]


def test_everyone_sees_the_same_at_both_doors(cast: Cast) -> None:
    list(receive(ct(2, study=1), outbreak=cast.outbreak, by=cast.maru, at=DAWN))
    list(receive(ct(2, study=2), outbreak=cast.outbreak, by=cast.haneul, at=DAWN))
    list(receive([radiograph(study=3)], outbreak=None, by=cast.ara, at=DAWN))
    open_to_public(Study.objects.filter(received_by=cast.haneul), by=cast.ara, at=DAWN)
    seen = {name: studies_found(member) for name, member in cast.everyone().items() if member}
    assert seen == {name: studies_searched(member) for name, member in cast.everyone().items() if member}
    assert [len(seen[name]) for name in ("Ara", "Maru", "Sora", "Noel")] == [3, 2, 1, 1]


def test_pages_of_answers_are_read_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.imaging.dimse.search.PAGE", 2)
    for number in range(5):
        list(receive([radiograph(study=number)], outbreak=None, by=cast.ara, at=DAWN))
    assert len(set(studies_found(cast.ara))) == 5
    patients = Study.objects.values("patient_id").distinct().count()
    for level in LEVELS_OF_QUERY:
        asked = identifier(level, PatientID="*")
        where, _ = conditions(asked, LEVELS_OF_QUERY[level], reader_of(cast.ara), DAWN)  # type: ignore[arg-type]
        found = list(answers(asked, LEVELS_OF_QUERY[level], where))  # type: ignore[arg-type]
        assert len(found) == (patients if level == "PATIENT" else 5)


def test_a_retrieval_names_what_it_wants(cast: Cast) -> None:
    list(receive(ct(3), outbreak=None, by=cast.maru, at=DAWN))
    study, some = Study.objects.get(), list(Instance.objects.values_list("sop_instance_uid", flat=True)[:2])
    ara, sora = reader_of(cast.ara), reader_of(cast.sora)

    def wanted(*readers: object, **values: object) -> int:
        return len(asked_for(identifier(**values), readers, DAWN))  # type: ignore[arg-type]

    whole = {"level": "STUDY", "StudyInstanceUID": study.study_instance_uid}
    assert wanted(ara, **whole) == 3
    assert wanted(ara, level="IMAGE", SOPInstanceUID=some) == 2
    assert wanted(ara, level="PATIENT", PatientID=study.patient_id) == 3
    # What either the asker or the destination may not know of is not sent.
    assert wanted(sora, **whole) == wanted(ara, sora, **whole) == wanted(sora, ara, **whole) == 0
    for bad in ({"level": "STUDY"}, {"level": "STUDY", "StudyInstanceUID": "1.*"}, {"level": "NONE"}):
        with pytest.raises(BadIdentifier):
            wanted(ara, **bad)


@pytest.fixture
def arrive(tmp_path: Path) -> Callable[[Peer, list[bytes]], None]:
    """Has files come from a peer and be taken in."""

    def come(peer: Peer, contents: list[bytes]) -> None:
        spool = Spool(tmp_path / str(peer.pk), keep_free_bytes=1)
        for content in contents:
            spool.take(b"", [content])
        while take_in_all(tmp_path):
            pass
        assert waiting_in(spool.folder) == []

    return come


Arrive = Callable[[Peer, list[bytes]], None]


def test_what_comes_is_judged_like_everywhere(peer: Make, arrive: Arrive, cast: Cast) -> None:
    """The server's scan decides for Maru's program, which has that scope; what it doubts is held."""
    maru = peer("MARU", member=cast.maru, may_store=True, decides_by_scan=True, outbreak=cast.outbreak)
    arrive(maru, [*ct(3), as_bytes(identified_ct(9)), b"no DICOM at all"])
    study = Study.objects.get()
    assert (study.received_by, study.outbreak, Instance.objects.count()) == (cast.maru, cast.outbreak, 3)
    assert sorted(Held.objects.values_list("reason", "kept")) == [("not-deidentified", False), ("not-dicom", False)]


def test_without_a_receipt_it_is_held_and_with_one_it_is_stored(peer: Make, arrive: Arrive, cast: Cast) -> None:
    maru = peer("MARU", member=cast.maru, may_store=True)
    first, second = ct(1, study=1), ct(1, study=2)
    take_receipt(receipt_for(second), by=cast.maru, at=DAWN)
    arrive(maru, [*first, *second])
    assert Instance.objects.count() == 1
    assert list(Held.objects.values_list("reason", flat=True)) == ["no-receipt"]


def test_the_same_again_and_other_bytes(peer: Make, arrive: Arrive, cast: Cast) -> None:
    ara = peer(may_store=True)
    arrive(ara, ct(2))
    arrive(ara, ct(2))
    assert (Instance.objects.count(), Held.objects.count()) == (2, 0)
    arrive(ara, ct(2, size=18))
    assert (Instance.objects.count(), set(Held.objects.values_list("reason", flat=True))) == (2, {"conflict"})


def test_one_that_breaks_intake_is_put_aside_and_holds_nobody_up(
    peer: Make, arrive: Arrive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from firstlight.imaging import actions

    real = actions.take_in

    def breaking(contents: list[bytes], terms: object) -> object:
        if b"breaks it" in contents:
            raise RuntimeError
        return real(contents, terms)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "take_in", breaking)
    arrive(peer(may_store=True), [*ct(2), b"breaks it"])
    assert Instance.objects.count() == 2
    [aside] = (tmp_path / intake.SET_ASIDE).iterdir()
    assert aside.read_bytes() == b"breaks it"


def test_a_large_file_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LARGEST_READ", 10)
    (tmp_path / "one").write_bytes(b"0123456789ab")
    mapped = intake.contents_of(tmp_path / "one")
    assert not isinstance(mapped, bytes)
    assert mapped[:] == b"0123456789ab"
    mapped.close()


def test_a_commitment_says_what_is_kept(peer: Make, cast: Cast) -> None:
    list(receive(ct(2), outbreak=None, by=cast.maru, at=DAWN))
    [one, other] = Instance.objects.all()
    asked = [(one.sop_class_uid, one.sop_instance_uid), ("1.2.3", other.sop_instance_uid), ("1.2.3", "1.2.4")]
    expected = {other.sop_instance_uid: statuses.CLASS_INSTANCE_CONFLICT, "1.2.4": statuses.NO_SUCH_OBJECT_INSTANCE}
    assert _failures(peer(), asked, at=DAWN) == expected
    # Another's images are not there for who may not know of them.
    hers = _failures(peer("SORA", member=cast.sora), asked, at=DAWN)
    assert set(hers.values()) == {statuses.NO_SUCH_OBJECT_INSTANCE}


def test_a_commitment_is_asked_once_and_told_later_and_later(peer: Make) -> None:
    pacs = peer()
    made = ask_commitment(pacs, "1.2.3", [("1.2", "1.3")], at=DAWN)
    assert ask_commitment(pacs, "1.2.3", [("1.2", "1.3")], at=DAWN) == made
    pauses = []
    for _ in range(14):
        put_off(made, at=DAWN)
        pauses.append((made.next_at - DAWN) / timedelta(seconds=1))
    assert (pauses[:3], pauses[-1]) == ([2, 4, 8], 3600)
    is_told(made, failed=1, at=DAWN)
    assert Commitment.objects.get().failed == 1


def test_only_who_has_an_address_is_called(peer: Make) -> None:
    peer("WITHOUT")
    there = peer("WITH", host="10.1.2.3", port=104)
    assert (peer_called("WITHOUT"), peer_called("WITH"), peer_called("NOBODY")) == (None, there, None)


def test_the_pages(peer: Make, cast: Cast, client: Client) -> None:
    client.force_login(cast.haneul)
    assert client.get("/dicom-partners/").status_code == 403
    client.force_login(cast.ara)
    assert b"No partner is listed yet" in client.get("/dicom-partners/").content
    given = {"ae_title": "PACS1", "networks": "10.1.2.3", "member": cast.maru.pk, "may_store": "on", "is_active": "on"}
    assert client.post("/dicom-partners/new/", {**given, "networks": "everywhere"}).status_code == 422
    assert client.post("/dicom-partners/new/", given).status_code == 302
    made = Peer.objects.get()
    assert (made.member, made.may_store, made.may_find) == (cast.maru, True, False)
    page = client.get("/dicom-partners/").content.decode()
    assert "PACS1" in page and "10.1.2.3" in page
    changed = {**given, "ae_title": "OTHER", "may_find": "on", "host": "10.1.2.3", "port": "104"}
    assert client.post(f"/dicom-partners/{made.pk}/", changed).status_code == 302
    made.refresh_from_db()
    assert (made.ae_title, made.may_find, made.port) == ("PACS1", True, 104)
    assert client.post(f"/dicom-partners/{made.pk}/", {**given, "is_active": ""}).status_code == 302
    assert not Peer.objects.known().exists()
