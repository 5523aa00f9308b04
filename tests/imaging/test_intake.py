from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from firstlight.dicom.datasets import read_instance
from firstlight.imaging import store
from firstlight.imaging.actions import batches, discard_held, receive, retry_held
from firstlight.imaging.models import Held, Instance, Series, Study
from firstlight.imaging.receipts import take_receipt
from firstlight.imaging.rules.arrivals import in_reading_order
from tests.cast import DAWN, Cast
from tests.phantoms import as_bytes, identified_ct
from tests.shipments import ct, deidentified, radiograph, receipt_for


def statuses(cast: Cast, contents: list[bytes], **given: object) -> Counter[tuple[str, str]]:
    outcomes = receive(contents, outbreak=cast.outbreak, by=cast.maru, at=DAWN, **given)  # type: ignore[arg-type]
    return Counter((each.status, each.reason) for each in outcomes)


def test_a_series_is_stored_byte_for_byte_and_lies_in_reading_order(cast: Cast) -> None:
    contents = ct(5)
    assert statuses(cast, contents) == {("stored", ""): 5}
    series = Series.objects.get()
    assert (series.instance_count, series.frame_count, series.modality) == (5, 5, "CT")
    heights = []
    for instance in series.instances.all():
        content = store.read(instance.stored_object)
        assert content in contents
        assert sha256(content).hexdigest() == instance.stored_object
        heights.append(float(read_instance(content).ImagePositionPatient[2]))
    assert heights == sorted(heights, reverse=True)  # from head to feet


def test_frames_lie_where_the_index_says(cast: Cast) -> None:
    [content] = ct(1)
    statuses(cast, [content])
    instance = Instance.objects.get()
    [[offset, length]] = instance.frames[0]
    assert store.read_ranges(instance.stored_object, [(offset, length)]) == read_instance(content).PixelData


def test_the_same_again_changes_nothing(cast: Cast) -> None:
    contents = [*ct(3), radiograph()]
    statuses(cast, contents)
    before = list(Instance.objects.values()), list(Series.objects.values())
    assert statuses(cast, contents) == {("unchanged", ""): 4}
    assert (list(Instance.objects.values()), list(Series.objects.values())) == before


def test_a_series_that_comes_in_parts_is_whole_in_the_end(
    cast: Cast, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[object]]]
) -> None:
    for content in ct(4):
        with django_capture_on_commit_callbacks(execute=True):
            statuses(cast, [content])
    assert [each.stack_index for each in Instance.objects.order_by("stack_index")] == [0, 1, 2, 3]
    metadata = list(store.objects().names("metadata"))
    assert len(metadata) == 2, "of former metadata the last stays, for who reads it just now"


def test_other_bytes_under_a_known_uid_are_held_and_overwrite_nothing(cast: Cast) -> None:
    [content] = ct(1)
    statuses(cast, [content])
    changed = content[:-2] + bytes([content[-2] ^ 1, content[-1]])
    assert statuses(cast, [changed]) == {("held", "conflict"): 1}
    assert store.read(Instance.objects.get().stored_object) == content
    assert store.read(Held.objects.get().digest, room="quarantine") == changed


def test_a_conflict_within_one_batch_is_seen_too(cast: Cast) -> None:
    [content] = ct(1)
    changed = content[:-2] + bytes([content[-2] ^ 1, content[-1]])
    assert statuses(cast, [content, changed, content]) == {
        ("stored", ""): 1,
        ("held", "conflict"): 1,
        ("unchanged", ""): 1,
    }


def test_an_identified_file_is_neither_stored_nor_kept(cast: Cast, store: Path) -> None:
    identified = as_bytes(identified_ct())
    assert statuses(cast, [identified]) == {("held", "not-deidentified"): 1}
    held = Held.objects.get()
    assert not held.kept
    kept = [path.read_bytes() for path in store.rglob("*") if path.is_file()]
    assert identified not in kept
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PatientName": "Hong^Gildong"}, "patient-name"),
        ({"PatientBirthDate": "19850101"}, "birth-date"),
        ({"BurnedInAnnotation": "YES"}, "burned-in-annotation"),
    ],
)
def test_what_is_doubtful_is_held_for_a_person(cast: Cast, changes: dict[str, str], reason: str) -> None:
    dataset = read_instance(ct(1)[0])
    dataset.update({})
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    assert statuses(cast, [as_bytes(dataset)]) == {("held", reason): 1}
    assert Held.objects.get().kept


def test_what_the_profile_does_not_keep_is_taken_out_on_the_way(cast: Cast) -> None:
    dataset = read_instance(ct(1)[0])
    dataset.InstitutionName = "Gaonnuri"
    [outcome] = receive([as_bytes(dataset)], outbreak=cast.outbreak, by=cast.maru, at=DAWN)
    assert (outcome.status, outcome.stripped) == ("stored", ("00080080",))
    assert b"Gaonnuri" not in store.read(Instance.objects.get().stored_object)


def test_a_receipt_must_cover_the_bytes_where_one_is_required(cast: Cast) -> None:
    contents = ct(3)
    assert statuses(cast, contents, requires_receipt=True) == {("held", "no-receipt"): 3}
    take_receipt(receipt_for(contents[:2]), by=cast.maru, at=DAWN)
    assert statuses(cast, contents, requires_receipt=True) == {("stored", ""): 2, ("held", "no-receipt"): 1}


def test_a_held_file_can_be_tried_again_and_leaves_only_when_it_is_in(cast: Cast) -> None:
    [content] = ct(1)
    changed = content[:-2] + bytes([content[-2] ^ 1, content[-1]])
    statuses(cast, [content, changed])
    held = Held.objects.get()
    assert retry_held(held, by=cast.maru, at=DAWN).reason == "conflict"
    assert store.read(held.digest, room="quarantine") == changed
    Instance.objects.all().delete()
    assert retry_held(held, by=cast.maru, at=DAWN).status == "stored"
    assert not store.has(held.digest, room="quarantine")
    assert Held.objects.get(pk=held.pk).state == "accepted"


def test_a_discarded_file_is_gone_and_its_row_says_so(cast: Cast) -> None:
    [content] = ct(1)
    statuses(cast, [content, content[:-2] + bytes([content[-2] ^ 1, content[-1]])])
    held = Held.objects.get()
    discard_held(held, by=cast.maru, at=DAWN)
    assert not store.has(held.digest, room="quarantine")
    assert (Held.objects.get().state, Held.objects.get().kept) == ("discarded", False)


def test_a_study_stays_in_its_outbreak(cast: Cast) -> None:
    from firstlight.outbreaks.actions import activate_outbreak

    first, second = ct(2)
    statuses(cast, [first])
    other = activate_outbreak(by=cast.ara, at=DAWN, slug="another", name_ko="다른", name_en="Another")
    [outcome] = receive([second], outbreak=other, by=cast.maru, at=DAWN)
    assert outcome.reason == "study-in-another-outbreak"


@given(st.binary(max_size=400))
def test_any_bytes_are_an_outcome(content: bytes) -> None:
    from firstlight.imaging.rules.arrivals import Held as HeldBack
    from firstlight.imaging.rules.arrivals import judge
    from tests.shipments import PROFILE

    for each in (content, b"\0" * 128 + b"DICM" + content):
        assert isinstance(judge(each, profile=PROFILE), HeldBack)


@given(st.permutations(range(6)))
def test_reading_order_does_not_depend_on_arrival(order: list[int]) -> None:
    documents = [
        {
            "00080018": {"vr": "UI", "Value": [f"1.2.{number}"]},
            "00200013": {"vr": "IS", "Value": [6 - number]},
            "00200032": {"vr": "DS", "Value": [0, 0, number * 2.5]},
            "00200037": {"vr": "DS", "Value": [1, 0, 0, 0, 1, 0]},
        }
        for number in range(6)
    ]
    ordered = in_reading_order([documents[each] for each in order])
    assert [each["00200032"]["Value"][2] for each in ordered] == [12.5, 10.0, 7.5, 5.0, 2.5, 0.0]


def test_a_real_chest_ct_goes_in(cast: Cast, shared_data: Path) -> None:
    paths = sorted((shared_data / "ct_ricord").rglob("*.dcm"))[:20]
    contents = [deidentified(path.read_bytes()) for path in paths]
    assert statuses(cast, contents) == {("stored", ""): 20}
    assert statuses(cast, [path.read_bytes() for path in paths[:3]]) == {("stored", ""): 3}


def test_every_difficult_file_is_stored_or_held_with_a_known_reason(cast: Cast, shared_data: Path) -> None:
    from firstlight.imaging.reasons import SENTENCES

    paths = [path for path in (shared_data / "difficult_dicom").rglob("*") if path.is_file()]
    seen = Counter(
        (each.status, each.reason)
        for each in receive((path.read_bytes() for path in paths), outbreak=None, by=cast.maru, at=DAWN)
    )
    assert sum(seen.values()) == len(paths)
    assert {reason for status, reason in seen if status == "held"} <= SENTENCES.keys()


def test_a_study_s_receipt_can_be_read_by_whoever_may_see_it(cast: Cast, client: Client) -> None:
    contents = ct(2)
    take_receipt(receipt_for(contents[:1]), by=cast.maru, at=DAWN)
    take_receipt(receipt_for(contents[1:]), by=cast.maru, at=DAWN)
    statuses(cast, contents, requires_receipt=True)
    address = f"/studies/{Study.objects.get().study_instance_uid}/receipt/"
    assert client.get(address).status_code == 404
    client.force_login(cast.maru)
    account = client.get(address).context["account"]
    assert (account.instances, account.refused) == (2, 0)
    assert ("(0010,0010)", "D") in {(row["tag"], row["action"]) for row in account.rows}


@given(st.lists(st.integers(0, 40_000_000), max_size=300))
def test_batches_are_bounded_and_lose_nothing(sizes: list[int]) -> None:
    class Sized(bytes):
        """Bytes that only claim their size."""

        size = 0

        def __len__(self) -> int:
            return self.size

    contents = []
    for size in sizes:
        one = Sized()
        one.size = size
        contents.append(one)
    groups = list(batches(contents))
    assert [id(each) for group in groups for each in group] == [id(each) for each in contents]
    assert all(len(group) <= 128 for group in groups)
    assert all(sum(map(len, group[:-1])) < 64 * 1024 * 1024 for group in groups)
