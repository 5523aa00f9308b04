"""From a carrier's setting to the carrier: the scheme names the module."""

from pathlib import Path

from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import Carrier
from firstlight.delivery.transports.smtp import Sign

SCHEMES = (
    "console", "smtp", "smtps", "kannel", "smpp", "http+sms", "https+sms", "korea+http", "korea+https",
)  # fmt: skip


def open_carrier(
    url: str, *, data: Path, host: str, channel: Channel | None = None, sign: Sign | None = None
) -> Carrier:
    """The carrier that a setting describes; ValueError is one sentence on what is wrong in it, without any secret.

    `data` is the folder of the embedded parts and `host` our own name. With `channel`, a carrier for any other is
    refused. `sign` writes the signature of a return address (see `bounces`).
    """
    parts = CarrierUrl.parse(url)
    carrier = _open(parts, data=data, host=host, channel=channel, sign=sign)
    if channel is not None and carrier.channel is not channel:
        raise ValueError(f"{parts.scheme}: this carrier is for {carrier.channel}, and one for {channel} is needed")
    return carrier


def _open(parts: CarrierUrl, *, data: Path, host: str, channel: Channel | None, sign: Sign | None) -> Carrier:
    """Import a carrier's module only when its scheme is used."""
    match parts.scheme:
        case "console":
            from firstlight.delivery.transports.console import open_console

            return open_console(parts, data=data, channel=channel)
        case "smtp" | "smtps":
            from firstlight.delivery.transports.smtp import open_smtp

            return open_smtp(parts, host=host, sign=sign)
        case "kannel":
            from firstlight.delivery.transports.kannel import open_kannel

            return open_kannel(parts)
        case "smpp":
            from firstlight.delivery.transports.smpp import open_smpp

            return open_smpp(parts)
        case "http+sms" | "https+sms":
            from firstlight.delivery.transports.http import open_http

            return open_http(parts)
        case "korea+http" | "korea+https":
            from firstlight.delivery.transports.korea import open_korea

            return open_korea(parts)
    raise ValueError(f"{parts.scheme}: no carrier has this scheme; the schemes are {', '.join(SCHEMES)}")
