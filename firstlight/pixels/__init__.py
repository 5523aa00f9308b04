"""Text in pixels: found, covered, and held for a person where in doubt. NumPy, codecs and OCR; no Django."""
