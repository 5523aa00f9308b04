"""Carriers behind one small interface: each takes messages over a connection, and says later what became of them."""

from firstlight.delivery.transports.interface import Carrier, CarrierDown, Connection, Inbox

__all__ = ["Carrier", "CarrierDown", "Connection", "Inbox"]
