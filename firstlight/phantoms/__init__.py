"""Synthetic chests: deterministic CT and radiographs of people who never lived, made with NumPy alone."""

from firstlight.phantoms.files import write_ct_series, write_radiograph
from firstlight.phantoms.identity import PlantedIdentity, planted_identity
from firstlight.phantoms.patients import LOBES, LOCATIONS, PATTERNS, ZONES, Lesion, Patient
from firstlight.phantoms.radiograph import chest_radiograph
from firstlight.phantoms.tomography import chest_ct, slice_showing

__all__ = [
    "LOBES",
    "LOCATIONS",
    "PATTERNS",
    "ZONES",
    "Lesion",
    "Patient",
    "PlantedIdentity",
    "chest_ct",
    "chest_radiograph",
    "planted_identity",
    "slice_showing",
    "write_ct_series",
    "write_radiograph",
]
