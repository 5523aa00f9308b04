import random

from hypothesis import given
from hypothesis import strategies as st

from firstlight.dicom.geometry import Slice, order_slices, slice_position

AXIAL, CORONAL = (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1)


def placed(number, z, orientation=AXIAL, **more):
    return Slice(number, orientation, (0, 0, z), more.pop("instance_number", number), f"1.2.{number}", **more)


@given(st.lists(st.integers(-400, 400), unique=True, min_size=2, max_size=40), st.integers())
def test_slices_go_by_position_whatever_their_numbers(positions, seed):
    slices = [placed(number, z) for number, z in enumerate(positions)]
    random.Random(seed).shuffle(slices)
    assert [one.position[2] for one in order_slices(slices)] == sorted(positions, reverse=True)


def test_position_is_along_the_normal():
    assert slice_position(AXIAL, (5, 6, -7.5)) == -7.5
    assert slice_position(CORONAL, (5, 6, 7)) == 6
    assert slice_position(None, (1, 2, 3)) is None
    assert slice_position((1, 0, 0, 1, 0, 0), (1, 2, 3)) is None
    assert slice_position(AXIAL, (1, float("nan"), 3)) is None


def test_localizers_other_directions_and_the_unplaced_stand_apart():
    stack = [placed(number, number) for number in range(5)]
    coronal = [placed(10 + number, number, CORONAL) for number in range(2)]
    scout = placed(20, 0, localizer=True)
    lost = Slice(30, None, None, 1, "1.2.30")
    order = [one.item for one in order_slices([scout, lost, *coronal, *stack])]
    assert order == [4, 3, 2, 1, 0, 10, 11, 30, 20]


def test_without_positions_the_number_and_then_the_uid_decide():
    slices = [Slice(n, None, None, number, f"1.{n}") for n, number in ((1, 3), (2, 1), (3, None), (4, 1))]
    assert [one.item for one in order_slices(slices)] == [2, 4, 1, 3]
