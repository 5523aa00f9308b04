"""DICOM without a server: reading, de-identification, frames, DICOM JSON. Needs pydicom alone, and that not at once."""
