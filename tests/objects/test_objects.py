"""The same rules for a folder and for a bucket of a real S3 server."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from firstlight.objects.files import FileObjects
from firstlight.objects.interface import Missing, Objects
from firstlight.objects.opening import open_objects

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-1"}


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    before = {name: os.environ.get(name) for name in CREDENTIALS}
    os.environ.update(CREDENTIALS)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return FileObjects(tmp_path / "kept here")
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"firstlight-{uuid4().hex[:8]}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
    return open_objects(f"s3://{bucket}/images?endpoint={endpoint}&region=us-east-1")


def test_what_was_put_can_be_read(objects: Objects) -> None:
    objects.put({"room/ab/cd/abcd": b"0123456789"})
    assert objects.has("room/ab/cd/abcd")
    assert objects.get("room/ab/cd/abcd") == b"0123456789"
    assert objects.get_ranges("room/ab/cd/abcd", [(2, 3)]) == b"234"
    assert objects.get_ranges("room/ab/cd/abcd", [(8, 2), (0, 1)]) == b"890"
    assert objects.get_ranges("room/ab/cd/abcd", [(8, 2), (0, 1)], before=b"<", after=b">>") == b"<890>>"
    source = objects.source("room/ab/cd/abcd")
    assert (source if isinstance(source, bytes) else source.read_bytes()) == b"0123456789"


def test_what_is_there_stays_as_it_is(objects: Objects) -> None:
    objects.put({"room/one": b"first"})
    objects.put({"room/one": b"second", "room/two": b"another"})
    assert (objects.get("room/one"), objects.get("room/two")) == (b"first", b"another")


def test_what_is_not_there_is_missing(objects: Objects) -> None:
    for ask in (objects.get, objects.source, lambda name: objects.get_ranges(name, [(0, 1)])):
        with pytest.raises(Missing):
            ask("room/nothing")
    assert not objects.has("room/nothing")
    objects.forget("room/nothing")


def test_what_is_forgotten_is_gone(objects: Objects) -> None:
    objects.put({"room/one": b"1"})
    objects.forget("room/one")
    assert not objects.has("room/one")


def test_a_stretch_beyond_the_end_is_an_error_and_not_fewer_bytes(objects: Objects) -> None:
    objects.put({"room/one": b"1234"})
    with pytest.raises(OSError, match=r"stored object|these bytes"):
        objects.get_ranges("room/one", [(2, 10)])
    with pytest.raises(OSError, match="shorter"):
        objects.get_ranges("room/one", [(2, 10)], before=b"<", after=b">")


def test_names_are_listed_by_folder(objects: Objects) -> None:
    names = {f"objects/a{number}/{number}" for number in range(30)}
    objects.put({name: name.encode() for name in names})
    objects.put({"metadata/one": b""})
    assert set(objects.names("objects")) == names


def test_it_says_when_nothing_can_be_kept(objects: Objects, tmp_path: Path, s3_endpoint: str) -> None:
    assert objects.problem() == ""
    (tmp_path / "file").write_bytes(b"")
    assert FileObjects(tmp_path / "file").problem().startswith("the folder cannot be written to")
    nowhere = open_objects(f"s3://no-such-bucket?endpoint={s3_endpoint}")
    assert nowhere.problem().startswith("the bucket cannot be used")


def test_a_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    FileObjects(tmp_path).put({"room/ab/one": b"1"})
    assert stat.S_IMODE((tmp_path / "room/ab/one").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "room/ab").stat().st_mode) == 0o700


@pytest.mark.parametrize("url", ["", "ftp://x/y", "file://host/y", "file:relative", "s3://", "s3://key:secret@bucket"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="use file://"):
        open_objects(url)
