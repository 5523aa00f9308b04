"""Text in pixels: found, covered, and held for a person where in doubt. NumPy, codecs and OCR; no Django."""

import firstlight.dicom.quiet  # noqa: F401 - pydicom must quote no value
