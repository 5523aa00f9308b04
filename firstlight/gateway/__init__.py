"""The hospital's edge program: DICOM in, de-identified STOW-RS out. It knows no server code."""

import firstlight.dicom.quiet  # noqa: F401 - pydicom must quote no value
