"""Whom a request is from: an address that can be trusted, a country, and a mark that nothing can be read from."""

import hashlib
import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

KEY_BYTES = 32
MARK_BYTES = 12
UNKNOWN = ""
COUNTRY = re.compile(r"[A-Z]{2}")
NO_COUNTRY = frozenset({"XX", "ZZ"})
PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[\d.]+))(?::\d+)?")


class Origin(NamedTuple):
    """Where a request came from: an address, and a country of ISO 3166 or nothing."""

    address: str
    country: str


def origin_of(headers: Mapping[str, str], *, proxies: int, country_header: str) -> Origin:
    """The client's address and country, from the connection or from what our own proxies added.

    `proxies` is how many of our own stand before the server. Each adds one address on the right of X-Forwarded-For,
    so that the client's stands that many from the right and whatever it wrote itself is never read. A request that
    lacks them did not come through all of them: then the connection counts, and no country is believed.
    """
    forwarded = _forwarded(headers.get("HTTP_X_FORWARDED_FOR", ""), proxies)
    if not forwarded:
        return Origin(_address(headers.get("REMOTE_ADDR", "")), UNKNOWN)
    return Origin(forwarded, _country(headers.get(country_header, "")) if country_header else UNKNOWN)


def _forwarded(header: str, proxies: int) -> str:
    entries = header.split(",")
    return _address(entries[-proxies]) if 0 < proxies <= len(entries) else ""


def _address(text: str) -> str:
    """One spelling for one address, its port left off; empty for what is none."""
    with_port = PORT.fullmatch(text.strip())
    plain = (with_port["six"] or with_port["four"]) if with_port else text.strip()
    try:
        address = ip_address(plain)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _country(text: str) -> str:
    code = text.strip().upper()
    return code if COUNTRY.fullmatch(code) and code not in NO_COUNTRY else UNKNOWN


def mark_of(origin: Origin, user_agent: str, *, key: bytes) -> str:
    """The visitor of one day: a keyed hash, which without the day's key leads back to nothing."""
    text = "\0".join((origin.address, origin.country, user_agent))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=key, digest_size=MARK_BYTES).hexdigest()
