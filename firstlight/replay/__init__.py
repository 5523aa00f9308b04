"""The demo: a past response played again, day by day, on synthetic patients.

It plays a hospital as well as a society, so its images go the way that any hospital's go: written with an identity,
de-identified at the source, then received.
"""
