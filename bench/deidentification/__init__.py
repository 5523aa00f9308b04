"""The score of de-identification: a corpus with planted identity, its answer key, and what judges an output by it.

Nothing here knows how Firstlight works: it imports pydicom, numpy, Pillow and the standard library (and phantoms, for
pictures), as `tests/bench/test_deidentification.py` holds it to.
"""
