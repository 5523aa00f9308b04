"""A CT phantom is the same every time, has tissues in their Hounsfield ranges, and changes only where it is ill."""

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.phantoms import LOBES, PATTERNS, Lesion, Patient, chest_ct

PATIENT = Patient(seed=11, sex="M", age_years=61)
SPACING_MM = 2.8
THICKNESS_MM = 9.0
SIZE = {"slices": 31, "slice_thickness_mm": THICKNESS_MM, "rows": 128, "pixel_spacing_mm": SPACING_MM}


@cache
def scan(*lesions: Lesion) -> npt.NDArray[np.int16]:
    return chest_ct(PATIENT, lesions, **SIZE)


def changed(lesion: Lesion) -> npt.NDArray[np.intp]:
    """Indices (n, 3) of voxels that a lesion made at least 40 HU different."""
    return np.argwhere(np.abs(scan(lesion).astype(int) - scan()) > 40)


def test_same_call_gives_the_same_voxels():
    again = chest_ct(PATIENT, **SIZE)
    assert again.dtype == np.int16
    assert again.shape == (31, 128, 128)
    assert np.array_equal(again, scan())


def test_another_seed_gives_another_person():
    other = chest_ct(Patient(seed=12, sex="M", age_years=61), **SIZE)
    assert np.mean(np.abs(other.astype(int) - scan()) > 100) > 0.01


def test_a_slice_does_not_depend_on_how_many_follow():
    fewer = chest_ct(PATIENT, **{**SIZE, "slices": 9})
    assert np.array_equal(fewer, scan()[:9])


@pytest.mark.parametrize(
    ("tissue", "low", "high", "least_share"),
    [
        ("air around and within", -1100, -940, 0.25),
        ("aerated lung", -930, -760, 0.08),
        ("fat", -140, -60, 0.03),
        ("muscle, blood and viscera", 0, 100, 0.10),
        ("bone", 150, 1500, 0.01),
    ],
)
def test_tissues_lie_in_their_ranges(tissue, low, high, least_share):
    share = np.mean((scan() >= low) & (scan() <= high))
    assert share > least_share, tissue


def test_lungs_are_aerated_and_denser_behind():
    middle = scan()[16]
    lung = (middle < -700) & (middle > -935)
    rows = np.flatnonzero(lung.any(axis=1))
    third = len(rows) // 3
    front, back = rows[:third], rows[-third:]
    assert -900 < np.median(middle[lung]) < -800
    assert np.median(middle[back][lung[back]]) > np.median(middle[front][lung[front]]) + 20


def test_first_slice_is_above_the_lungs_and_last_below_them():
    def aerated(image):
        within_the_body = image[44:84, 28:100]
        return int(np.sum((within_the_body > -930) & (within_the_body < -760)))

    assert aerated(scan()[13]) > 8 * aerated(scan()[0])
    assert aerated(scan()[13]) > 8 * aerated(scan()[-1])


def test_liver_is_on_the_patients_right_and_stomach_bubble_on_the_left():
    low = scan()[25].astype(int)
    right, left = low[:, :64], low[:, 64:]
    body_rows = slice(20, 100)
    assert np.sum((right[body_rows] > 30) & (right[body_rows] < 90)) > np.sum(
        (left[body_rows] > 30) & (left[body_rows] < 90)
    )


def test_sections_change_smoothly_along_the_body():
    step = np.abs(np.diff(scan().astype(float), axis=0)).mean(axis=(1, 2))
    assert step.max() < 6 * np.median(step)


@pytest.mark.parametrize("zone", LOBES)
def test_a_lesion_stays_on_its_side_and_leaves_the_rest_alone(zone):
    found = changed(Lesion("consolidation", zone, diameter_mm=40))
    assert len(found) > 20
    on_right = found[:, 2] < 63.5
    assert on_right.all() if zone.startswith("R") else not on_right.any()


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p not in {"effusion", "pneumothorax"}])
def test_a_lesion_changes_only_lung_near_its_focus(pattern):
    diameter_mm = 12.0 if pattern == "nodules" else 40.0
    found = changed(Lesion(pattern, "RLL", diameter_mm=diameter_mm))
    extent_mm = np.ptp(found, axis=0) * (THICKNESS_MM, SPACING_MM, SPACING_MM)
    assert len(found) > 3
    assert extent_mm.max() < 1.9 * diameter_mm + 3 * THICKNESS_MM
    assert np.median(scan()[tuple(found.T)]) < -600


def density(lesion: Lesion) -> npt.NDArray[np.int16]:
    return scan(lesion)[tuple(changed(lesion).T)]


def test_ground_glass_is_hazy_and_consolidation_solid():
    assert -680 < np.median(density(Lesion("ground_glass", "LLL", diameter_mm=50))) < -430
    assert np.percentile(density(Lesion("consolidation", "LLL", diameter_mm=50)), 75) > -60


def test_vessels_stay_visible_within_ground_glass():
    lesion = Lesion("ground_glass", "LLL", location="central", diameter_mm=60)
    found = changed(lesion)
    box = tuple(slice(a, b + 1) for a, b in zip(found.min(axis=0), found.max(axis=0), strict=True))
    vessels = scan()[box] > -250
    assert vessels.any()
    assert np.all(scan(lesion)[box][vessels] > -350)


def test_crazy_paving_has_lines_denser_than_ground_glass():
    plain = density(Lesion("ground_glass", "RLL", diameter_mm=60))
    paved = density(Lesion("crazy_paving", "RLL", diameter_mm=60))
    assert np.percentile(paved, 80) > np.percentile(plain, 80) + 40


@pytest.mark.parametrize(("pattern", "zone", "inside", "rim"), [
    ("reversed_halo", "LUL", (-750, -350), (-250, 120)),
    ("cavity", "LUL", (-1100, -750), (-250, 120)),
])  # fmt: skip
def test_a_ring_surrounds_something_lighter(pattern, zone, inside, rim):
    found = changed(Lesion(pattern, zone, diameter_mm=50))
    image = scan(Lesion(pattern, zone, diameter_mm=50))
    middle = np.median(found, axis=0)
    away_mm = np.linalg.norm((found - middle) * (THICKNESS_MM, SPACING_MM, SPACING_MM), axis=1)
    values = image[tuple(found.T)]
    centre = image[tuple(slice(int(m) - 1, int(m) + 2) for m in middle)]
    assert inside[0] < np.median(centre) < inside[1]
    assert rim[0] < np.percentile(values[(away_mm > 15) & (away_mm < 27)], 80) < rim[1]


def test_effusion_lies_behind_and_is_fluid():
    found = changed(Lesion("effusion", "LLL", diameter_mm=35))
    values = scan(Lesion("effusion", "LLL", diameter_mm=35))[tuple(found.T)]
    assert np.median(found[:, 1]) > 72
    assert np.all(found[:, 2] > 62)
    assert -25 < np.median(values) < 45


def test_pneumothorax_lies_in_front_and_is_air():
    found = np.argwhere(scan(Lesion("pneumothorax", "RUL", diameter_mm=25)).astype(int) - scan() < -70)
    assert len(found) > 30
    assert np.median(found[:, 1]) < 60
    assert np.all(found[:, 2] < 66)


def test_disease_that_grows_and_turns_solid_stays_in_its_place():
    early = changed(Lesion("ground_glass", "LLL", diameter_mm=30)).mean(axis=0)
    late = changed(Lesion("consolidation", "LLL", diameter_mm=50)).mean(axis=0)
    assert np.linalg.norm((early - late) * (THICKNESS_MM, SPACING_MM, SPACING_MM)) < 15


def test_diffuse_lesions_are_bilateral():
    found = changed(Lesion("ground_glass", "diffuse", diameter_mm=30, count=8))
    assert 0.1 < np.mean(found[:, 2] < 63.5) < 0.9


@given(
    st.builds(
        Lesion,
        pattern=st.sampled_from(PATTERNS),
        zone=st.sampled_from((*LOBES, "diffuse")),
        location=st.sampled_from(("peripheral", "central")),
        diameter_mm=st.floats(3, 120),
        count=st.integers(1, 4),
    )
)
@settings(max_examples=8, deadline=None)
def test_any_lesion_makes_valid_hounsfield_units(lesion):
    image = chest_ct(PATIENT, [lesion], slices=4, slice_thickness_mm=60, rows=48, pixel_spacing_mm=7.5)
    assert image.min() >= -1024
    assert image.max() <= 3071


@pytest.mark.parametrize("wrong", [
    {"pattern": "fog", "zone": "RUL"},
    {"pattern": "cavity", "zone": "upper"},
    {"pattern": "cavity", "zone": "RUL", "location": "middle"},
    {"pattern": "cavity", "zone": "RUL", "diameter_mm": 0.5},
    {"pattern": "cavity", "zone": "RUL", "count": 0},
])  # fmt: skip
def test_an_impossible_lesion_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        Lesion(**wrong)


def test_an_impossible_patient_or_scan_is_refused():
    with pytest.raises(ValueError, match="sex"):
        Patient(1, "male", 40)
    with pytest.raises(ValueError, match="adult"):
        Patient(1, "M", 4)
    with pytest.raises(ValueError, match="slice"):
        chest_ct(PATIENT, slices=0)
