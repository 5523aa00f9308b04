"""A radiograph phantom is a projection in which lungs are dark, bone is bright and disease shows."""

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from firstlight.phantoms import Lesion, Patient, chest_radiograph

PATIENT = Patient(seed=11, sex="F", age_years=48)


@cache
def radiograph(*lesions: Lesion) -> npt.NDArray[np.uint16]:
    return chest_radiograph(PATIENT, lesions, rows=107, columns=88)


def test_twelve_bits_of_the_asked_shape_and_the_same_every_time():
    assert radiograph().dtype == np.uint16
    assert radiograph().shape == (107, 88)
    assert radiograph().max() <= 4095
    assert np.array_equal(radiograph(), chest_radiograph(PATIENT, rows=107, columns=88))


def test_lungs_are_darker_than_the_mediastinum_and_the_liver():
    image = radiograph()
    right_lung, left_lung = image[38:55, 19:31], image[38:50, 59:71]
    mediastinum, liver = image[50:62, 41:47], image[82:95, 23:35]
    assert max(np.median(right_lung), np.median(left_lung)) + 800 < min(np.median(mediastinum), np.median(liver))


def test_heart_reaches_further_to_the_left():
    level = radiograph()[54:60].mean(axis=0)
    threshold = (level[20:30].mean() + level[41:47].mean()) / 2
    dense = np.flatnonzero(level[15:75] > threshold) + 15
    assert 44 - dense.min() < dense.max() - 44


def test_side_marker_is_drawn_over_the_patients_right():
    corner = radiograph()[7:12, 5:8].astype(int)
    assert corner.max() > 2500
    assert radiograph()[7:12, -8:-5].max() < 2100, "the shoulder alone"


@pytest.mark.parametrize(("zone", "columns"), [("RLL", slice(0, 44)), ("LLL", slice(44, 88))])
def test_consolidation_whitens_its_own_side(zone, columns):
    gain = radiograph(Lesion("consolidation", zone, diameter_mm=60)).astype(int) - radiograph()
    other = slice(44, 88) if columns.start == 0 else slice(0, 44)
    assert np.percentile(gain[:, columns], 99) > 250
    assert np.percentile(gain[:, other], 99) < 100


def test_effusion_blunts_the_costophrenic_angle():
    gain = radiograph(Lesion("effusion", "RLL", diameter_mm=40)).astype(int) - radiograph()
    assert gain[50:75, 10:35].max() > 800


def test_too_small_a_detector_is_refused():
    with pytest.raises(ValueError, match="32"):
        chest_radiograph(PATIENT, rows=8, columns=8)
