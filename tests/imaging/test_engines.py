"""The same depository in a folder and in a bucket of a real S3 server; PostgreSQL runs this whole folder again."""

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from django.test import Client
from moto.server import ThreadedMotoServer

from firstlight.imaging import store as kept
from firstlight.imaging.actions import receive
from firstlight.imaging.models import Held, Instance, Receipt, Series, SigningKey, Study, Waiting
from firstlight.imaging.receipts import take_receipt
from firstlight.imaging.verification import verify
from tests.cast import DAWN, Cast
from tests.imaging.test_verification import picture
from tests.shipments import ct, receipt_for

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        server = ThreadedMotoServer("127.0.0.1", 0)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture(params=["folder", "bucket"])
def engine(request: pytest.FixtureRequest, settings: object) -> str:
    if request.param == "bucket":
        endpoint = request.getfixturevalue("endpoint")
        bucket = f"firstlight-{uuid4().hex[:8]}"
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
        settings.STORE = f"s3://{bucket}?endpoint={endpoint}&region=us-east-1"  # type: ignore[attr-defined]
    return str(request.param)


def test_what_is_stored_is_read_verified_and_made_again(cast: Cast, client: Client, engine: str) -> None:
    contents = ct(4)
    take_receipt(receipt_for(contents[:2]), by=cast.maru, at=DAWN)
    other = contents[0][:-2] + bytes([contents[0][-2] ^ 1, contents[0][-1]])
    outcomes = list(receive([*contents, contents[1], other], outbreak=cast.outbreak, by=cast.ara, at=DAWN))
    assert [each.status for each in outcomes] == [*["stored"] * 4, "unchanged", "held"]
    assert [each for each in verify(at=DAWN) if each] == []
    before = picture()
    for model in (Waiting, Receipt, Held, Instance, Series, Study, SigningKey):
        model.objects.all().delete()
    found = sorted(each.kind for each in verify(at=DAWN) if each)
    assert found == sorted(["indexed"] * 4 + ["receipt"] * 2 + ["quarantined"])
    assert picture() == before
    client.force_login(cast.ara)
    for instance in Instance.objects.select_related("series__study"):
        series = instance.series
        address = f"/dicom-web/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
        frame = client.get(
            f"{address}/instances/{instance.sop_instance_uid}/frames/1", headers={"Accept": "application/octet-stream"}
        )
        [[offset, length]] = instance.frames[0]
        assert frame.content == kept.read(instance.stored_object)[offset : offset + length]
        assert len(client.get(f"{address}/metadata").json()) == 4


def test_damage_is_found_and_healed(cast: Cast, engine: str) -> None:
    contents = ct(2)
    list(receive(contents, outbreak=cast.outbreak, by=cast.ara, at=DAWN))
    lost = Instance.objects.first()
    assert lost is not None
    kept.objects().forget(kept.name_of(lost.stored_object))
    kept.objects().put({kept.name_of(lost.stored_object): b"something else"})
    assert [each.kind for each in verify(at=DAWN) if each] == ["damaged", "missing"]
    assert {each.status for each in receive(contents, outbreak=cast.outbreak, by=cast.ara, at=DAWN)} == {"unchanged"}
    assert [each for each in verify(at=DAWN) if each] == []
