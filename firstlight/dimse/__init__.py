"""DIMSE without a database: associations, messages, receiving onto a disk, and the processes that do it."""

import firstlight.dicom.quiet  # noqa: F401 - pydicom must quote no value
