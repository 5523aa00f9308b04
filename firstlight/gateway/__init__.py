"""The hospital's edge program: DICOM in, de-identified STOW-RS out. It knows no server code."""
