"""Whether our carriers answer at all."""

import socket
from contextlib import suppress

from django.conf import settings

from firstlight.delivery.carriers import carriers_of
from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import Carrier, CarrierDown

PATIENCE_SECONDS = 5.0
# Carriers that open a line with their first message: reaching their port is all that can be tried without one.
_PORTS = {"http+sms": 80, "https+sms": 443, "korea+http": 80, "korea+https": 443, "kannel": 13013}


def unreachable_carriers() -> list[tuple[Channel, str, str]]:
    """Each carrier that does not answer: its channel, its name and why."""
    known = [
        (channel, *each)
        for channel in Channel
        for each in zip(settings.CARRIERS[channel], carriers_of(channel), strict=True)
    ]
    tried = [(channel, carrier.name, _trouble(url, carrier)) for channel, url, carrier in known]
    return [each for each in tried if each[2]]


def _trouble(url: str, carrier: Carrier) -> str:
    try:
        connection = carrier.connect()
    except CarrierDown as down:
        return str(down)
    connection.close()
    return _port_trouble(CarrierUrl.parse(url))


def _port_trouble(url: CarrierUrl) -> str:
    if url.scheme not in _PORTS:
        return ""
    try:
        with (
            suppress(TimeoutError),
            socket.create_connection((url.host, url.port or _PORTS[url.scheme]), PATIENCE_SECONDS),
        ):
            return ""
    except OSError as error:
        return f"{url.scheme}: {error.strerror or type(error).__name__}"
    return f"{url.scheme}: no answer in {PATIENCE_SECONDS:g} seconds"
