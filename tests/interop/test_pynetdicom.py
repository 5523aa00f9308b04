"""pynetdicom as a peer, and dicomweb-client beside it: both doors tell the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (
    CTImageStorage,
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from firstlight.imaging.rules.transcoding import transcoded
from tests.interop.conftest import AT, DOOR, SINK, WEB, Depository, Files, Run, uid_of, wait_until, written

pytestmark = pytest.mark.interop
Study = Callable[..., Files]
FIND, GET, MOVE = (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)


def keys(level: str, **values: object) -> Dataset:
    """An identifier."""
    found = Dataset()
    found.QueryRetrieveLevel = level
    for name, value in values.items():
        setattr(found, name, value)
    return found


def entity() -> AE:
    return AE(ae_title="SCU")


@pytest.fixture
def known(study: Study, dcmtk: Run, depository: Depository) -> Files:
    files = study(5)
    dcmtk("storescu", *AT, *files.names)
    wait_until(lambda: files.uids.keys() <= depository.instances(), why=depository.log.read_text)
    return files


def found(identifier: Dataset, model: str = FIND) -> list[tuple[int, Dataset]]:
    """Status and identifier of each response that has one, and the last."""
    ae = entity()
    ae.add_requested_context(model)
    association = ae.associate("127.0.0.1", DOOR, ae_title="FL")
    assert association.is_established
    try:
        return [(status.Status, answer) for status, answer in association.send_c_find(identifier, model)]
    finally:
        association.release()


def test_both_doors_tell_the_same(known: Files, depository: Depository) -> None:
    study_uid = uid_of(known, "StudyInstanceUID")
    client = DICOMwebClient(
        f"http://127.0.0.1:{WEB}/dicom-web", headers={"Authorization": f"Bearer {depository.token}"}
    )
    [there] = client.search_for_studies(search_filters={"StudyInstanceUID": study_uid})
    asked = keys("STUDY", StudyInstanceUID=study_uid)
    wanted = [tag for tag in there if tag not in ("00080005", "00081190")]
    for tag in wanted:
        if int(tag, 16) not in asked:
            asked.add_new(int(tag, 16), there[tag]["vr"], None)
    [(status, here), (last, _)] = found(asked)
    assert (status, last) == (0xFF00, 0)
    for tag in wanted:
        assert here[int(tag, 16)].to_json_dict(None, 10**6) == there[tag]


def test_sequences_and_what_the_rows_do_not_hold(known: Files) -> None:
    asked = keys(
        "IMAGE", StudyInstanceUID=uid_of(known, "StudyInstanceUID"), SOPInstanceUID="", ImagePositionPatient=None
    )
    asked.DeidentificationMethodCodeSequence = [keys_of_code()]
    *answers, (last, _) = found(asked)
    assert (len(answers), last) == (5, 0)
    for _status, answer in answers:
        own = dcmread(known.uids[str(answer.SOPInstanceUID)])
        assert answer.ImagePositionPatient == own.ImagePositionPatient
        codes = [code.CodeValue for code in answer.DeidentificationMethodCodeSequence]
        assert codes == [code.CodeValue for code in own.DeidentificationMethodCodeSequence]
        assert all(set(code.dir()) == {"CodeValue"} for code in answer.DeidentificationMethodCodeSequence)


def keys_of_code() -> Dataset:
    item = Dataset()
    item.CodeValue = ""
    return item


def test_a_key_that_cannot_be_matched_is_said_to_be_so(known: Files) -> None:
    """FF01 instead of FF00 (PS3.4 C.4.1.1.4): the answers are more than was meant."""
    answers = found(keys("STUDY", StudyInstanceUID=uid_of(known, "StudyInstanceUID"), InstitutionName="ANYWHERE"))
    assert [status for status, _ in answers] == [0xFF01, 0]


def test_a_value_that_means_nothing_is_refused(known: Files) -> None:
    assert [status for status, _ in found(keys("STUDY", StudyDate="yesterday"))] == [0xC000]
    assert [status for status, _ in found(keys("EVERYTHING"))] == [0xA900]
    assert [status for status, _ in found(keys("PATIENT", PatientID=""))] == [0xA900]
    patients = found(keys("PATIENT", PatientID=""), PatientRootQueryRetrieveInformationModelFind)
    assert {status for status, _ in patients[:-1]} == {0xFF00}


def test_a_search_can_be_taken_back(study: Study, dcmtk: Run, depository: Depository) -> None:
    files = study(60)
    dcmtk("storescu", *AT, *files.names)
    wait_until(lambda: files.uids.keys() <= depository.instances())
    ae = entity()
    ae.add_requested_context(FIND)
    association = ae.associate("127.0.0.1", DOOR, ae_title="FL")
    statuses = []
    for status, _answer in association.send_c_find(keys("IMAGE", SOPInstanceUID=""), FIND, msg_id=7):
        if not statuses:
            association.send_c_cancel(7, query_model=FIND)
        statuses.append(status.Status)
    assert statuses[-1] in (0xFE00, 0)
    assert association.send_c_find(keys("IMAGE", SOPInstanceUID=""), FIND)
    association.release()


def test_getting_over_the_same_association(known: Files) -> None:
    came: list[Dataset] = []

    def keep(event: evt.Event) -> int:
        came.append(event.dataset)
        return 0

    ae = entity()
    ae.add_requested_context(GET)
    ae.add_requested_context(CTImageStorage, ImplicitVRLittleEndian)
    association = ae.associate(
        "127.0.0.1", DOOR, ae_title="FL", ext_neg=[build_role(CTImageStorage, scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, keep)],
    )  # fmt: skip
    identifier = keys("STUDY", StudyInstanceUID=uid_of(known, "StudyInstanceUID"))
    *_, (last, _) = association.send_c_get(identifier, GET)
    association.release()
    assert (last.Status, last.NumberOfCompletedSuboperations, last.NumberOfFailedSuboperations) == (0, 5, 0)
    assert {str(each.SOPInstanceUID) for each in came} == known.uids.keys()
    assert all(each.PixelData == dcmread(known.uids[str(each.SOPInstanceUID)]).PixelData for each in came)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, ExplicitVRLittleEndian])
def test_moving_compressed_images_to_who_takes_them_and_who_does_not(
    study: Study, tmp_path: Path, dcmtk: Run, depository: Depository, syntax: str
) -> None:
    plain = study(2)
    (tmp_path / "packed").mkdir()
    packed = written(tmp_path / "packed", [transcoded(each.read_bytes(), JPEGLSLossless) for each in plain.paths])
    dcmtk("storescu", "-xt", *AT, *packed.names)
    wait_until(lambda: packed.uids.keys() <= depository.instances(), why=depository.log.read_text)
    came: list[tuple[str, bytes]] = []

    def keep(event: evt.Event) -> int:
        data_set = event.dataset
        data_set.file_meta = event.file_meta
        came.append((str(event.context.transfer_syntax), data_set.pixel_array.tobytes()))
        return 0

    sink = entity()
    sink.add_supported_context(CTImageStorage, syntax)
    server = sink.start_server(("127.0.0.1", SINK), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)])
    try:
        ae = entity()
        ae.add_requested_context(MOVE)
        association = ae.associate("127.0.0.1", DOOR, ae_title="FL")
        identifier = keys("STUDY", StudyInstanceUID=uid_of(packed, "StudyInstanceUID"))
        *_, (last, _) = association.send_c_move(identifier, "SCU", MOVE)
        association.release()
    finally:
        server.shutdown()
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0, 2)
    assert sorted(came) == sorted((syntax, dcmread(each).pixel_array.tobytes()) for each in plain.paths)


def test_moving_to_who_does_not_answer_fails_clearly(known: Files) -> None:
    ae = entity()
    ae.add_requested_context(MOVE)
    association = ae.associate("127.0.0.1", DOOR, ae_title="FL")
    identifier = keys("STUDY", StudyInstanceUID=uid_of(known, "StudyInstanceUID"))
    *_, (last, failed) = association.send_c_move(identifier, "SCU", MOVE)
    association.release()
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xA702, 5)
    assert set(failed.FailedSOPInstanceUIDList) == known.uids.keys()


def test_a_service_is_had_in_its_own_contexts_alone(known: Files) -> None:
    """A peer that may only echo asks for studies in the context that it was given for that."""
    ae = AE(ae_title="ECHO")
    ae.add_requested_context(Verification)
    association = ae.associate("127.0.0.1", DOOR, ae_title="FL")
    [context] = association.accepted_contexts
    context._as_scu, context.abstract_syntax = True, FIND
    association._accepted_cx = {context.context_id: context}
    found = [status.Status for status, _ in association.send_c_find(keys("STUDY", StudyInstanceUID=""), FIND)]
    association.release()
    assert found == [0x0122]
