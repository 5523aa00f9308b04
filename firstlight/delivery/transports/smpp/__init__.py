"""SMPP 3.4, spoken straight to a carrier's message centre."""

from firstlight.delivery.transports.smpp.carrier import SmppCarrier, open_smpp

__all__ = ["SmppCarrier", "open_smpp"]
