"""A series while it comes: right at once for who reads it, settled when it is quiet, at the same cost in any length."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from firstlight.dicom.profile import Profile
from firstlight.imaging import store
from firstlight.imaging.actions import Outcome, receive, take_in
from firstlight.imaging.memberships import Terms
from firstlight.imaging.models import Instance, Receipt, Series, Study, Waiting
from firstlight.imaging.settling import QUIET, documents_of, settle_quiet, settle_study
from firstlight.imaging.together import Together
from tests.cast import DAWN, Cast
from tests.shipments import ct, radiograph


def terms(cast: Cast, **given: object) -> Terms:
    return Terms(**{"outbreak": cast.outbreak, "by": cast.ara, "at": DAWN, "requires_receipt": False,
                    "profile": Profile.load(), **given})  # type: ignore[arg-type]  # fmt: skip


def sent_one_by_one(cast: Cast, contents: list[bytes]) -> list[Outcome]:
    return [take_in([content], terms(cast))[0] for content in contents]


def test_it_is_the_same_in_the_end_as_if_it_had_come_at_once(cast: Cast) -> None:
    contents = ct(5)
    sent_one_by_one(cast, contents)
    series = Series.objects.get()
    assert (series.waiting_count, series.metadata_object, series.instance_count) == (5, "", 5)
    assert settle_quiet(at=DAWN) == 0, "it is not quiet yet"
    assert settle_quiet(at=DAWN + QUIET) == 1
    bit_by_bit = list(Series.objects.values("ready", "metadata_object", "instance_count", "frame_count"))
    order = list(Instance.objects.values_list("sop_instance_uid", "stack_index"))
    studies = list(Study.objects.values("ready"))
    for model in (Waiting, Instance, Series, Study):
        model.objects.all().delete()
    list(receive(contents, outbreak=cast.outbreak, by=cast.ara, at=DAWN))
    assert list(Series.objects.values("ready", "metadata_object", "instance_count", "frame_count")) == bit_by_bit
    assert list(Instance.objects.values_list("sop_instance_uid", "stack_index")) == order
    assert list(Study.objects.values("ready")) == studies


def test_whoever_reads_it_meanwhile_reads_all_of_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.ara)
    for count, content in enumerate(ct(4), 1):
        [outcome] = sent_one_by_one(cast, [content])
        series = f"/dicom-web/studies/{outcome.study_instance_uid}/series/{outcome.series_instance_uid}"
        [study] = client.get("/dicom-web/studies").json()
        assert study["00201208"]["Value"] == [count]
        assert len(client.get(f"{series}/instances").json()) == count
        found = client.get(f"{series}/instances?includefield=ImagePositionPatient").json()
        assert all("00200032" in each for each in found)
        documents = client.get(f"{series}/metadata").json()
        assert len(documents) == count
        heights = [document["00200032"]["Value"][2] for document in documents]
        assert heights == sorted(heights, reverse=True)
        instance = f"{series}/instances/{outcome.sop_instance_uid}"
        assert client.get(f"{instance}/metadata").json()[0]["00080018"]["Value"] == [outcome.sop_instance_uid]
        assert client.get(f"{instance}/frames/1").status_code == 200


def test_one_more_instance_costs_the_same_whatever_is_there(cast: Cast) -> None:
    contents = ct(30)
    counts = []
    for content in contents:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            take_in([content], terms(cast))
        counts.append(len(asked))
    assert set(counts[1:]) == {counts[1]}
    assert counts[1] <= 16


def test_what_nobody_vouched_for_gets_one_receipt_when_it_is_settled(cast: Cast, client: Client) -> None:
    [outcome, *_] = sent_one_by_one(cast, ct(3))
    assert not Receipt.objects.exists()
    client.force_login(cast.ara)
    assert client.get(f"/studies/{outcome.study_instance_uid}/receipt/").context["account"].instances == 3
    assert Receipt.objects.count() == 1
    settle_study(outcome.study_instance_uid)
    assert Receipt.objects.count() == 1


def test_who_settles_at_the_same_time_as_another_loses_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from firstlight.imaging import settling

    contents = ct(4)
    sent_one_by_one(cast, contents[:2])
    series = Series.objects.get()

    def meanwhile(*given: object) -> list[object]:
        monkeypatch.setattr(settling, "in_reading_order", ordered)
        sent_one_by_one(cast, contents[2:3])
        settling.settle([series.pk])
        sent_one_by_one(cast, contents[3:])
        return ordered(*given)  # type: ignore[arg-type]

    ordered = settling.in_reading_order
    monkeypatch.setattr(settling, "in_reading_order", meanwhile)
    settling.settle([series.pk])
    settling.settle([series.pk])
    series.refresh_from_db()
    assert (series.waiting_count, len(documents_of(series)), series.instance_count) == (0, 4, 4)
    rows = list(Instance.objects.order_by("stack_index").values_list("sop_instance_uid", "stack_index"))
    assert [uid for uid, _ in rows] == [each["00080018"]["Value"][0] for each in documents_of(series)]
    assert [place for _, place in rows] == [0, 1, 2, 3]


def test_a_series_that_never_falls_quiet_is_settled_all_the_same(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.imaging.settling.LONGEST_WAIT", 2)
    sent_one_by_one(cast, ct(3))
    assert settle_quiet(at=DAWN - timedelta(hours=1)) == 1


def test_a_text_longer_than_its_vr_allows_is_cut_in_the_index_alone(cast: Cast) -> None:
    from firstlight.imaging.index import _value

    field = Series._meta.get_field("modality")
    assert _value({"modality": "C" * 40}, field) == "C" * 16


def test_together_does_once_what_many_want_and_tells_each_its_own() -> None:
    calls: list[int] = []
    gate, first = threading.Event(), threading.Event()

    def act(items: object) -> list[int]:
        numbers = list(items)  # type: ignore[call-overload]
        calls.append(len(numbers))
        first.set()
        gate.wait(5)
        if -1 in numbers:
            raise ValueError("one of them is bad")
        return [number * 2 for number in numbers]

    together = Together[int, int](act)
    results: dict[int, object] = {}

    def want(number: int) -> None:
        try:
            results[number] = together([number, number + 100])
        except ValueError as error:
            results[number] = str(error)

    threads = [threading.Thread(target=want, args=(number,)) for number in (1, 2, 3, -1)]
    threads[0].start()
    first.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(together._waiting) < 3:
        pass
    gate.set()
    for thread in threads:
        thread.join(5)
    assert results == {1: [2, 202], 2: [4, 204], 3: [6, 206], -1: "one of them is bad"}
    assert calls[:2] == [2, 6], "the three that waited were one"
    assert together([]) == []


@pytest.mark.django_db(transaction=True)
def test_several_threads_store_into_one_series_and_nothing_is_lost(many_connections: None) -> None:
    cast = Cast()
    contents = [*ct(12), radiograph()]
    given = terms(cast)
    outcomes: list[Outcome] = []

    def send(share: Iterator[bytes]) -> None:
        try:
            for content in share:
                outcomes.extend(take_in([content], given))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(iter(contents[start::4]),)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.status for each in outcomes] == ["stored"] * 13
    assert Waiting.objects.count() == Instance.objects.count() == 13
    settle_quiet(at=DAWN + QUIET)
    for series in Series.objects.all():
        documents = documents_of(series)
        assert len(documents) == series.instance_count == series.instances.count()
        assert sorted(series.instances.values_list("stack_index", flat=True)) == list(range(series.instance_count))
    counted = sum(orjson.loads(each.ready)["00201208"]["Value"][0] for each in Study.objects.all())
    assert counted == 13


def test_the_index_waits_for_the_disk_again_after_an_intake(cast: Cast) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite alone is told not to wait")
    sent_one_by_one(cast, ct(1))
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
    assert transaction.get_connection().in_atomic_block, "within a caller's own transaction nothing is changed"
    assert store.has(Instance.objects.get().stored_object)
