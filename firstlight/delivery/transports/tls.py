"""The options tls and ca, which mean the same for every carrier that has them."""

import ssl

from firstlight.delivery.transports.carrier_url import CarrierUrl


def context_of(url: CarrierUrl) -> ssl.SSLContext | None:
    """What a line is secured with, its certificate checked against the system's or the file `ca`; None without tls."""
    if not url.option_bool("tls"):
        return None
    try:
        return ssl.create_default_context(cafile=url.option_str("ca") or None)
    except OSError:
        raise ValueError(f"{url.scheme}: the file in the option ca cannot be read as certificates") from None
