"""Firstlight: what a radiology society switches on the day a new disease appears."""
