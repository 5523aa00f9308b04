import gzip
import json
from io import BytesIO
from pathlib import Path

import jpeg_ls
import numpy as np
import pytest
from django.test import Client
from PIL import Image

from firstlight.dicom.datasets import read_instance
from firstlight.imaging import packing
from firstlight.imaging.actions import open_to_public, receive
from firstlight.imaging.dicomweb.multipart import BadMultipart, parts_of
from firstlight.imaging.models import Instance, Study
from firstlight.imaging.rules.encodings import NotEncodable
from firstlight.people.models import Member
from tests.cast import DAWN, Cast
from tests.shipments import ct, radiograph, receipt_for

AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


@pytest.fixture
def study(cast: Cast) -> Study:
    """A CT of three slices, sent by the coordinator."""
    list(receive(ct(3), outbreak=cast.outbreak, by=cast.maru, at=DAWN))
    return Study.objects.get()


def address(study: Study, more: str = "") -> str:
    series = study.series.get()
    return f"/dicom-web/studies/{study.study_instance_uid}/series/{series.series_instance_uid}{more}"


def first_instance(study: Study) -> str:
    instance = Instance.objects.filter(series__study=study).first()
    assert instance is not None
    return address(study, f"/instances/{instance.sop_instance_uid}")


def signed_in(client: Client, member: Member | None) -> Client:
    if member is None:
        client.logout()
    else:
        client.force_login(member)
    return client


READS = ["", "/metadata", "/instances/{sop}", "/instances/{sop}/metadata", "/instances/{sop}/frames/1",
         "/instances/{sop}/rendered", "/instances/{sop}/thumbnail", "/instances/{sop}/bulkdata/7FE00010"]  # fmt: skip


@pytest.mark.parametrize("read", READS)
def test_an_unpublished_study_does_not_exist_for_who_may_not_see_it(
    cast: Cast, study: Study, client: Client, read: str
) -> None:
    sop = Instance.objects.first().sop_instance_uid  # type: ignore[union-attr]
    there, nowhere = (
        address(study, read.format(sop=sop)),
        address(study, read.format(sop="1.2.3")).replace(study.study_instance_uid, "1.2.3"),
    )
    for member in (None, cast.noel, cast.sora):
        seen, absent = (signed_in(client, member).get(each) for each in (there, nowhere))
        assert (seen.status_code, len(seen.content)) == (absent.status_code, len(absent.content))
        assert seen.status_code == 404
    for member in (cast.haneul, cast.ara, cast.maru):
        assert signed_in(client, member).get(there).status_code == 200
    open_to_public([study], by=cast.haneul, at=DAWN.replace(year=2020))
    assert signed_in(client, None).get(there).status_code == 200


def test_searches_show_only_what_one_may_see(cast: Cast, study: Study, client: Client) -> None:
    for level in ("studies", "series", "instances"):
        assert client.get(f"/dicom-web/{level}").status_code == 204
    client.force_login(cast.maru)
    [found] = client.get("/dicom-web/studies").json()
    assert found["0020000D"]["Value"] == [study.study_instance_uid]
    assert found["00201206"]["Value"] == [1]
    assert found["00201208"]["Value"] == [3]
    assert found["00080061"]["Value"] == ["CT"]
    assert len(client.get("/dicom-web/instances").json()) == 3


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("PatientID={id}", 1),
        ("00100020={id}", 1),
        ("PatientID=FL-*", 1),
        ("PatientID=F?-*", 1),
        ("PatientID=nobody", 0),
        ("PatientID=.*", 0),
        ("ModalitiesInStudy=CT", 1),
        ("ModalitiesInStudy=MR", 0),
        ("StudyDate={day}", 1),
        ("StudyDate={day}-", 1),
        ("StudyDate=-19000101", 0),
        ("StudyInstanceUID={uid},1.2.3", 1),
        ("limit=0", 0),
        ("offset=1", 0),
        ("includefield=all", 1),
    ],
)
def test_studies_are_found_by_their_attributes(
    cast: Cast, study: Study, client: Client, query: str, count: int
) -> None:
    client.force_login(cast.maru)
    assert study.study_on is not None
    known = {"id": study.patient_id, "day": study.study_on.strftime("%Y%m%d"), "uid": study.study_instance_uid}
    answer = client.get("/dicom-web/studies?" + query.format(**known))
    assert answer.status_code == (200 if count else 204)
    assert len(answer.json() if count else []) == count


@pytest.mark.parametrize(
    "query", ["Favourite=1", "StudyDate=soon", "limit=many", "offset=-1", "StudyDate=20200101-20209999"]
)
def test_a_query_that_cannot_be_answered_is_a_problem_not_another_answer(
    cast: Cast, study: Study, client: Client, query: str
) -> None:
    answer = client.get("/dicom-web/studies?" + query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_metadata_is_in_reading_order_and_comes_packed(cast: Cast, study: Study, client: Client) -> None:
    client.force_login(cast.maru)
    plain = client.get(address(study, "/metadata"))
    packed = client.get(address(study, "/metadata"), headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    heights = [each["00200032"]["Value"][2] for each in plain.json()]
    assert heights == sorted(heights, reverse=True)
    assert plain.json()[0]["7FE00010"]["BulkDataURI"].endswith("/bulkdata/7FE00010")


PACKED = f'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80, {AS_STORED};q=0.5'


def test_a_frame_comes_packed_without_loss_to_who_asks_for_that_first(cast: Cast, study: Study, client: Client) -> None:
    client.force_login(cast.maru)
    frame = first_instance(study) + "/frames/1"
    stored = client.get(frame, headers={"Accept": "application/octet-stream"}).content
    answers = [client.get(frame, headers={"Accept": PACKED}) for _time in range(2)]
    [[part], [again]] = [list(parts_of(each.content, each["Content-Type"])) for each in answers]
    assert b"Content-Type: image/jls; transfer-syntax=1.2.840.10008.1.2.4.80" in answers[0].content
    assert jpeg_ls.decode(np.frombuffer(part, np.uint8)).tobytes() == stored
    assert again == part
    assert answers[0]["ETag"] != client.get(frame, headers={"Accept": AS_STORED})["ETag"]


@pytest.mark.parametrize("accept", [AS_STORED, "*/*", "", f"{AS_STORED}, {PACKED}"])
def test_a_frame_comes_as_stored_to_who_does_not_ask_for_it_packed(
    cast: Cast, study: Study, client: Client, accept: str
) -> None:
    client.force_login(cast.maru)
    frame = first_instance(study) + "/frames/1"
    stored = client.get(frame, headers={"Accept": "application/octet-stream"}).content
    answer = client.get(frame, headers={"Accept": accept})
    assert list(parts_of(answer.content, answer["Content-Type"])) == [stored]
    assert b"image/jls" not in answer.content


def refuse(*_given: object, **_named: object) -> bytes:
    raise NotEncodable("not this one")


def test_a_frame_that_cannot_be_packed_comes_as_stored(
    cast: Cast, study: Study, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(cast.maru)
    monkeypatch.setattr(packing, "encoded", refuse)
    answer = client.get(first_instance(study) + "/frames/1", headers={"Accept": PACKED})
    assert b"application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1" in answer.content


@pytest.mark.parametrize("kind", ["<i2", "<u2", "u1"])
def test_every_bit_of_a_frame_comes_back(kind: str) -> None:
    values = np.random.default_rng(7).integers(-(2**31), 2**31, (37, 53)).astype(kind)
    bits = values.dtype.itemsize * 8
    packed = jpeg_ls.encode_buffer(values.tobytes(), 37, 53, 1, bits)
    assert jpeg_ls.decode(np.frombuffer(packed, np.uint8)).tobytes() == values.tobytes()


def test_frames_and_bulk_data_are_the_stored_bytes(cast: Cast, study: Study, client: Client) -> None:
    client.force_login(cast.maru)
    instance = Instance.objects.first()
    assert instance is not None
    whole = client.get(first_instance(study), headers={"Accept": "application/dicom"}).content
    pixels = read_instance(whole).PixelData
    answer = client.get(first_instance(study) + "/frames/1", headers={"Accept": AS_STORED})
    assert list(parts_of(answer.content, answer["Content-Type"])) == [pixels]
    single = client.get(first_instance(study) + "/frames/1", headers={"Accept": "application/octet-stream"})
    assert single.content == pixels
    assert client.get(first_instance(study) + "/bulkdata/7FE00010").content == pixels
    assert client.get(first_instance(study) + "/frames/2").status_code == 404
    assert client.get(first_instance(study) + "/bulkdata/00100030/1/00100010").status_code == 404


def test_a_whole_series_comes_in_parts_as_it_was_sent(cast: Cast, study: Study, client: Client) -> None:
    client.force_login(cast.maru)
    answer = client.get(address(study))
    sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert sorted(parts_of(sent, answer["Content-Type"])) == sorted(ct(3))


def test_a_picture_is_windowed_as_asked(cast: Cast, client: Client) -> None:
    list(receive([radiograph(size=64)], outbreak=cast.outbreak, by=cast.maru, at=DAWN))
    study = Study.objects.get()
    client.force_login(cast.maru)

    def picture(query: str, accept: str = "image/png") -> Image.Image:
        answer = client.get(first_instance(study) + "/rendered" + query, headers={"Accept": accept})
        assert answer["Content-Type"] == accept
        return Image.open(BytesIO(answer.content))

    assert picture("").size == (64, 64)
    assert picture("?viewport=16,16").size == (16, 16)
    dark = np.asarray(picture("?window=100000,10,linear")).mean()
    bright = np.asarray(picture("?window=-100000,10,linear")).mean()
    assert {int(dark), int(bright)} == {0, 255}
    assert picture("", "image/jpeg").format == "JPEG"
    for query in ("?window=a,b", "?quality=0", "?viewport=0,0", "?window=1,0"):
        assert client.get(first_instance(study) + "/rendered" + query).status_code == 400


def stow(client: Client, contents: list[bytes], query: str = "?outbreak=novel-2031", **headers: str) -> object:
    body = b"".join(b"--gap\r\nContent-Type: application/dicom\r\n\r\n" + each + b"\r\n" for each in contents)
    return client.post(
        "/dicom-web/studies" + query,
        body + b"--gap--\r\n",
        content_type='multipart/related; type="application/dicom"; boundary=gap',
        headers=headers,
    )


def test_a_program_stores_with_its_token_and_is_told_what_became_of_each(cast: Cast, client: Client) -> None:
    assert cast.outbreak.activated_at == DAWN
    type(cast.outbreak).objects.update(activated_at=DAWN.replace(year=2020))
    contents = ct(2)
    headers = {"Authorization": f"Bearer {cast.token(cast.maru)}"}
    refused = stow(client, contents, **headers)
    assert refused.status_code == 409  # type: ignore[attr-defined]
    reasons = [each["00000902"]["Value"] for each in refused.json()["00081198"]["Value"]]  # type: ignore[attr-defined]
    assert reasons == [["no-receipt"], ["no-receipt"]]
    taken = client.post(
        "/api/receipts", json.dumps(receipt_for(contents)), content_type="application/json", headers=headers
    )
    assert taken.status_code == 201
    stored = stow(client, contents, **headers)
    assert stored.status_code == 200  # type: ignore[attr-defined]
    mixed = stow(client, [*contents, b"no image"], **headers)
    assert mixed.status_code == 202  # type: ignore[attr-defined]
    assert [each["00000902"]["Value"] for each in mixed.json()["0008119A"]["Value"]] == [["not-dicom"]]  # type: ignore[attr-defined]
    assert Instance.objects.count() == 2


def test_an_administrators_token_may_rest_on_the_scan_alone(cast: Cast, client: Client) -> None:
    answer = stow(client, ct(1), "", Authorization=f"Bearer {cast.token(cast.ara)}")
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert Study.objects.get().outbreak is None


def test_who_may_not_store_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert stow(client, ct(1), "").status_code == 401  # type: ignore[attr-defined]
    assert stow(client, ct(1), "", Authorization="Bearer nonsense").status_code == 401  # type: ignore[attr-defined]
    noel = f"Bearer {cast.token(cast.noel)}"
    assert stow(client, ct(1), "", Authorization=noel).status_code == 403  # type: ignore[attr-defined]
    client.force_login(cast.ara)
    assert stow(client, ct(1), "").status_code == 403  # type: ignore[attr-defined]
    ara = f"Bearer {cast.token(cast.ara)}"
    assert stow(client, ct(1), "?outbreak=nowhere", Authorization=ara).status_code == 404  # type: ignore[attr-defined]
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"--gap", b"--gap\r\nno header", b"x", b"--gap\r\n\r\n\r\nDICM", b"--other\r\n\r\nx\r\n--other--"]
)
def test_a_body_that_is_not_whole_is_refused(body: bytes) -> None:
    with pytest.raises(BadMultipart):
        list(parts_of(body, "multipart/related; boundary=gap"))


def test_a_client_nobody_here_wrote_reads_it(cast: Cast, study: Study, live_server: object) -> None:
    from dicomweb_client.api import DICOMwebClient
    from dicomweb_client.session_utils import create_session

    session = create_session()
    session.headers["Authorization"] = f"Bearer {cast.token(cast.maru)}"
    client = DICOMwebClient(f"{live_server.url}/dicom-web", session=session)  # type: ignore[attr-defined]
    [found] = client.search_for_studies()
    uid = found["0020000D"]["Value"][0]
    [series] = client.search_for_series(uid)
    series_uid = series["0020000E"]["Value"][0]
    metadata = client.retrieve_series_metadata(uid, series_uid)
    assert len(metadata) == 3
    datasets = client.retrieve_series(uid, series_uid)
    assert {each.SOPInstanceUID for each in datasets} == {each["00080018"]["Value"][0] for each in metadata}
    [frame] = client.retrieve_instance_frames(uid, series_uid, metadata[0]["00080018"]["Value"][0], [1])
    assert bytes(frame) in {bytes(each.PixelData) for each in datasets}


def test_a_thumbnail_is_made_once(cast: Cast, study: Study, client: Client, store: Path) -> None:
    client.force_login(cast.maru)
    first = client.get(first_instance(study) + "/thumbnail").content
    [kept] = [path for path in (store / "rendered").rglob("*") if path.is_file()]
    assert kept.read_bytes() == first
    kept.write_bytes(b"kept")
    assert client.get(first_instance(study) + "/thumbnail").content == b"kept"
    kept.unlink()
    assert client.get(first_instance(study) + "/thumbnail").content == first
    client.get(first_instance(study) + "/rendered?window=40,400,linear")
    assert len([path for path in (store / "rendered").rglob("*") if path.is_file()]) == 1, "only what lists show"
