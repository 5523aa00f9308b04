import firstlight.dicom.quiet  # noqa: F401 - pydicom must quote no value
