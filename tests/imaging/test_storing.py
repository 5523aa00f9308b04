"""STOW-RS, whole (PS3.18 10.5): every form of it, every code, and what becomes of hostile bodies."""

import io
import json
import socket
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydicom import dcmread
from pydicom.filewriter import write_file_meta_info

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.dicom_json import to_dicom_json
from firstlight.imaging import store
from firstlight.imaging.dicomweb import uploads
from firstlight.imaging.dicomweb.exchange import Answer
from firstlight.imaging.dicomweb.storing import Stow, store_instances
from firstlight.imaging.models import Held, Instance, Study
from tests.cast import DAWN, Cast
from tests.phantoms import as_bytes, identified_ct
from tests.shipments import ct, radiograph

P10 = 'multipart/related; type="application/dicom"; boundary=gap'
WITH_JSON = 'multipart/related; type="application/dicom+json"; boundary=gap'


def body_of(contents: list[bytes], *, end: bytes = b"--gap--\r\n") -> bytes:
    return b"".join(b"--gap\r\nContent-Type: application/dicom\r\n\r\n" + each + b"\r\n" for each in contents) + end


def stow(cast: Cast, body: bytes, content_type: str = P10, **given: Any) -> Answer:
    asked = {
        "sender": cast.ara, "requires_receipt": False, "at": DAWN, "root": "http://here/dicom-web", "path": "/studies",
        "query": "", "content_type": content_type, "content_encoding": "", "length": len(body), "address": "127.0.0.1",
        "read": io.BytesIO(body).read,
    }  # fmt: skip
    return store_instances(Stow(**{**asked, **given}))


def said(answer: Answer) -> dict[str, list[dict[str, Any]]]:
    assert isinstance(answer.body, bytes)
    document = orjson.loads(answer.body)
    return {tag: element["Value"] for tag, element in document.items()}


def codes(answer: Answer) -> list[tuple[int, str]]:
    """The standard's code and ours of each failure."""
    every = [*said(answer).get("00081198", []), *said(answer).get("0008119A", [])]
    return [(each["00081197"]["Value"][0], each["00000902"]["Value"][0]) for each in every]


def test_all_stored_is_200_some_202_none_409(cast: Cast) -> None:
    first, second = ct(2)
    assert stow(cast, body_of([first])).status == 200
    mixed = stow(cast, body_of([second, as_bytes(identified_ct(9))]))
    assert mixed.status == 202
    [stored] = said(mixed)["00081199"]
    uids = read_instance(second)
    assert stored["00081155"]["Value"] == [uids.SOPInstanceUID]
    assert stored["00081190"]["Value"][0].endswith(
        f"/studies/{uids.StudyInstanceUID}/series/{uids.SeriesInstanceUID}/instances/{uids.SOPInstanceUID}"
    )
    assert codes(mixed) == [(0x0124, "not-deidentified")]
    assert stow(cast, body_of([b"no image", b""])).status == 409


def test_what_the_server_took_out_is_a_warning(cast: Cast) -> None:
    dataset = read_instance(ct(1)[0])
    dataset.InstitutionName = "Gaonnuri"
    answer = stow(cast, body_of([as_bytes(dataset)]))
    assert answer.status == 202
    assert said(answer)["00081199"][0]["00081196"]["Value"] == [0xB006]
    assert answer.headers["Warning"].startswith("299 firstlight ")
    assert "Gaonnuri" not in json.dumps(said(answer))


def changed(content: bytes) -> bytes:
    return content[:-2] + bytes([content[-2] ^ 1, content[-1]])


def test_every_failure_has_the_standard_s_code(cast: Cast) -> None:
    [content] = ct(1)
    stow(cast, body_of([content]))
    named = read_instance(ct(2)[0])
    named.PatientName = "Hong^Gildong"
    unknown = read_instance(ct(2)[0])
    unknown.SOPClassUID = unknown.file_meta.MediaStorageSOPClassUID = "1.2.3.4"
    answer = stow(cast, body_of([changed(content), as_bytes(named), as_bytes(unknown), content[:-500], b"x" * 200]))
    assert codes(answer) == [
        (0x0111, "conflict"), (0x0110, "patient-name"), (0x0122, "unknown-sop-class"),
        (0xC000, "truncated"), (0xC000, "not-dicom"),
    ]  # fmt: skip
    assert store.read(Instance.objects.get().stored_object) == content


def test_an_address_that_names_a_study_takes_no_other(cast: Cast) -> None:
    one, other = ct(1)[0], radiograph()
    uid = str(read_instance(one).StudyInstanceUID)
    answer = stow(cast, body_of([one, other]), path=f"/studies/{uid}")
    assert answer.status == 202
    assert codes(answer) == [(0xA900, "study-differs")]
    assert said(answer)["00081190"] == [f"http://here/dicom-web/studies/{uid}"]
    assert [each.study_instance_uid for each in Study.objects.all()] == [uid]


def test_one_instance_may_come_by_itself(cast: Cast) -> None:
    [content] = ct(1)
    assert stow(cast, content, "application/dicom").status == 200
    assert store.read(Instance.objects.get().stored_object) == content


@pytest.mark.parametrize(
    ("content_type", "given", "status"),
    [
        ("text/plain", {}, 415),
        ("", {}, 415),
        ('multipart/related; type="application/dicom+xml"; boundary=gap', {}, 415),
        ('multipart/related; type="application/dicom"', {}, 400),
        (P10.replace("gap", "another"), {}, 400),
        (P10, {"content_encoding": "gzip"}, 415),
        (P10, {"length": 1 << 40}, 413),
        (P10, {"query": "outbreak=nowhere"}, 404),
    ],
)
def test_what_cannot_be_read_is_told_before_or_at_once(
    cast: Cast, content_type: str, given: dict[str, Any], status: int
) -> None:
    answer = stow(cast, body_of(ct(1)), content_type, **given)
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert not Instance.objects.exists()


def test_what_was_whole_before_a_body_broke_off_is_stored_and_told(cast: Cast) -> None:
    first, second = ct(2)
    body = body_of([first, second], end=b"")[:-200]
    answer = stow(cast, body, length=len(body) + 1000)
    assert answer.status == 400
    assert [each["00081155"]["Value"][0] for each in said(answer)["00081199"]] == [read_instance(first).SOPInstanceUID]
    assert "no end" in answer.headers["Warning"]
    again = stow(cast, body_of([first, second]))
    assert again.status == 200
    assert Instance.objects.count() == 2


def test_a_hundred_thousand_tiny_parts_end_early(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.imaging.dicomweb.multipart.MOST_PARTS", 300)
    answer = stow(cast, b"--gap\r\n\r\n\r\n" * 100_000)
    assert answer.status == 413
    assert len(codes(answer)) == 300
    assert Held.objects.count() == 1, "the same nothing is held once"


def test_a_part_beyond_measure_fails_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("SPOOLED_BYTES", 1 << 20), ("MOST_PART_BYTES", 2 << 20)):
        monkeypatch.setattr(f"firstlight.imaging.dicomweb.multipart.{name}", size)
    answer = stow(cast, body_of([ct(1)[0], b"\0" * (3 << 20)]))
    assert answer.status == 202
    assert codes(answer) == [(0xA700, "too-large")]


def test_a_large_part_is_stored_from_its_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.imaging.dicomweb.multipart.SPOOLED_BYTES", 4096)
    contents = ct(3)
    assert stow(cast, body_of(contents)).status == 200
    assert sorted(store.read(each.stored_object) for each in Instance.objects.all()) == sorted(contents)


def deflated(content: bytes, *, extra: bytes) -> bytes:
    """The file with its header deflated, and what else it inflates to."""
    meta = dcmread(io.BytesIO(content)).file_meta
    start = 144 + int(meta.FileMetaInformationGroupLength)
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    head = io.BytesIO()
    write_file_meta_info(head, meta)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    header = content[start : content.index(b"\xe0\x7f\x10\0")]
    packed = packer.compress(header) + packer.compress(extra) + packer.flush()
    return b"\0" * 128 + b"DICM" + head.getvalue() + packed


def test_a_deflate_bomb_does_not_go_off(cast: Cast) -> None:
    bomb = deflated(ct(1)[0], extra=b"\xe0\x7f\x10\0OW\0\0\0\0\0\x08" + b"\0" * (128 << 20))
    assert len(bomb) < 1 << 20
    assert codes(stow(cast, body_of([bomb]))) == [(0xA700, "too-large")]


def test_nesting_without_end_is_damage(cast: Cast) -> None:
    item = b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    content = ct(1)[0]
    start = content.index(b"\x08\0\x16\0UI")
    answer = stow(cast, body_of([content[:start] + item * 100_000]))
    assert codes(answer) == [(0xC000, "damaged")]


@pytest.mark.parametrize("uid", ["../../etc/passwd", "1.2.3/../../x", "1.2\\1.3", "1.2.3\0.4", "9" * 70, "", "1..2"])
def test_a_hostile_uid_names_no_place(cast: Cast, uid: str) -> None:
    dataset = read_instance(ct(1)[0])
    file = io.BytesIO()
    dataset["SOPInstanceUID"]._value = uid
    dataset.save_as(file)
    answer = stow(cast, body_of([file.getvalue()]))
    assert answer.status == 409
    assert not Instance.objects.exists()


def test_who_sends_nothing_is_not_waited_for(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket of this process is the server's end; its sender stalls within a part, after a whole one."""
    monkeypatch.setattr("django.conf.settings.UPLOAD_SECONDS", 1.2)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sender:
        line, (address, _port) = server.accept()
        with line, line.makefile("rb") as body:
            first, second = ct(2)
            sender.sendall(body_of([first, second], end=b"")[:-100])
            answer = stow(cast, b"", read=body.read, length=1 << 20, address=address)
    assert answer.status == 408
    assert [each["00081155"]["Value"][0] for each in said(answer)["00081199"]] == [read_instance(first).SOPInstanceUID]
    assert not uploads.watch.readings


def test_no_more_uploads_at_once_than_leave_room_for_readers(cast: Cast) -> None:
    with uploads.upload(cast.ara.pk), pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "MOST_OF_ONE_SENDER", 1)
        busy = stow(cast, body_of(ct(1)))
        assert (busy.status, busy.headers["Retry-After"]) == (503, "5")
        assert stow(cast, body_of(ct(1)), sender=cast.maru).status == 200, "another sender is not held up"


def as_json(content: bytes, *, frames: str = "http://there/frames") -> tuple[dict[str, Any], bytes]:
    dataset = read_instance(content)
    document = to_dicom_json(dataset, bulk_data_uri="bulk")
    document["7FE00010"] = {"vr": "OW", "BulkDataURI": frames}
    return document, dataset.PixelData


def json_body(documents: object, bulk: dict[str, bytes], *, media_type: str = "application/octet-stream") -> bytes:
    head = b"--gap\r\nContent-Type: application/dicom+json\r\n\r\n" + orjson.dumps(documents) + b"\r\n"
    parts = b"".join(
        f"--gap\r\nContent-Type: {media_type}\r\nContent-Location: {location}\r\n\r\n".encode() + content + b"\r\n"
        for location, content in bulk.items()
    )
    return head + parts + b"--gap--"


def test_metadata_and_bulk_data_become_an_instance(cast: Cast) -> None:
    contents = ct(2)
    documents, bulk = [], {}
    for number, content in enumerate(contents):
        document, pixels = as_json(content, frames=f"http://there/{number}")
        documents.append(document)
        bulk[f"http://there/{number}"] = pixels
    answer = stow(cast, json_body(documents, bulk), WITH_JSON)
    assert (answer.status, Instance.objects.count()) == (200, 2), answer.body
    for content in contents:
        sent = read_instance(content)
        kept = read_instance(store.read(Instance.objects.get(sop_instance_uid=sent.SOPInstanceUID).stored_object))
        assert kept.PixelData == sent.PixelData
        assert to_dicom_json(kept, bulk_data_uri="x").keys() == to_dicom_json(sent, bulk_data_uri="x").keys()


def test_compressed_pixels_come_with_their_transfer_syntax(cast: Cast) -> None:
    import jpeg_ls
    import numpy as np

    document, pixels = as_json(ct(1)[0])
    shape = [document[tag]["Value"][0] for tag in ("00280010", "00280011")]
    packed = jpeg_ls.encode_buffer(pixels, *shape, 1, 16)
    document["00280101"]["Value"], document["00280102"]["Value"] = [16], [15]
    syntax = "1.2.840.10008.1.2.4.80"
    answer = stow(cast, json_body([document], {"http://there/frames": bytes(packed)},
                                  media_type=f"image/jls; transfer-syntax={syntax}"), WITH_JSON)  # fmt: skip
    assert answer.status == 200, answer.body
    instance = Instance.objects.get()
    assert instance.transfer_syntax_uid == syntax
    stored = store.read_ranges(instance.stored_object, [tuple(each) for each in instance.frames[0]])  # type: ignore[misc]
    assert jpeg_ls.decode(np.frombuffer(stored.rstrip(b"\0"), np.uint8)).tobytes() == pixels


def test_what_lacks_its_bulk_data_fails_alone(cast: Cast) -> None:
    whole, pixels = as_json(ct(2)[0])
    lacking, _ = as_json(ct(2)[1], frames="http://there/nothing")
    answer = stow(cast, json_body([whole, lacking], {"http://there/frames": pixels}), WITH_JSON)
    assert answer.status == 202
    assert codes(answer) == [(0xC000, "damaged")]
    assert said(answer)["00081198"][0]["00081155"]["Value"] == lacking["00080018"]["Value"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[3]", b"null", b"[" * 100_000, b'[{"00080018":{"vr":"UI"}}]' * 2],
)
def test_metadata_that_is_none_is_told_so(cast: Cast, body: bytes) -> None:
    sent = b"--gap\r\nContent-Type: application/dicom+json\r\n\r\n" + body + b"\r\n--gap--"
    assert stow(cast, sent, WITH_JSON).status == 400


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update({"00080018": 3}),
        lambda document: document.update({"00280010": {"vr": "US", "Value": ["many"]}}),
        lambda document: document.update({"00081115": {"vr": "SQ", "Value": [{"x": 1}]}}),
        lambda document: document.update({"nonsense": {}}),
        lambda document: document.pop("00080016"),
    ],
)
def test_a_bad_data_set_is_one_failure(cast: Cast, change: Callable[[dict[str, Any]], object]) -> None:
    document, pixels = as_json(ct(1)[0])
    change(document)
    answer = stow(cast, json_body([document], {"http://there/frames": pixels}), WITH_JSON)
    assert (answer.status, codes(answer)[0][0] & 0xF000) == (409, 0xC000)


def test_deep_json_is_one_failure(cast: Cast) -> None:
    document, pixels = as_json(ct(1)[0])
    body = json_body([{**document, "00081115": "deep"}], {"http://there/frames": pixels})
    deep = b'{"vr":"SQ","Value":[{"00081115":' * 300 + b'{"vr":"SQ"}' + b"}]}" * 300
    answer = stow(cast, body.replace(b'"deep"', deep), WITH_JSON)
    assert codes(answer) == [(0xC000, "damaged")]
