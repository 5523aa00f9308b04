"""Telephone numbers, which members have and carriers are told."""

from firstlight.people.rules.phones import BadPhone, PhoneFault, masked, national, read_phone

__all__ = ["BadPhone", "PhoneFault", "masked", "national", "read_phone"]
