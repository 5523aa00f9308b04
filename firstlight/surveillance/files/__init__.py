"""Reading a source's file: all of it, or a refusal that names lines. Nothing here knows the database."""

from firstlight.surveillance.files.numbers import Number, Population, Reading
from firstlight.surveillance.files.reading import LARGEST_BYTES, read_file
from firstlight.surveillance.files.refusal import Complaint, Refused

__all__ = ["LARGEST_BYTES", "Complaint", "Number", "Population", "Reading", "Refused", "read_file"]
