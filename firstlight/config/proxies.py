"""Read what stands before the server: how many proxies of our own, and which header tells a country."""

import re
from collections.abc import Mapping

from firstlight.config.environment import BadSetting

COUNT, COUNTRY = "FIRSTLIGHT_PROXIES", "FIRSTLIGHT_COUNTRY_HEADER"
MOST = 9


def proxies(environ: Mapping[str, str]) -> int:
    """How many of our own proxies each request passes; none unless said."""
    text = environ.get(COUNT) or "0"
    if not re.fullmatch(r"\d", text, re.ASCII):
        raise BadSetting(f"{COUNT}: use the number of your own proxies before the server, from 0 to {MOST}")
    return int(text)


def country_header(environ: Mapping[str, str]) -> str:
    """WSGI's name of the header in which our proxy tells the country; empty when none does."""
    name = environ.get(COUNTRY, "")
    if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        raise BadSetting(f"{COUNTRY}: use a header's name, as in CF-IPCountry")
    if name and not proxies(environ):
        raise BadSetting(f"{COUNTRY}: anybody could send it; say with {COUNT} how many proxies of your own set it")
    return f"HTTP_{name.upper().replace('-', '_')}" if name else ""
