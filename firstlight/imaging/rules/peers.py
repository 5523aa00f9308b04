"""What makes a peer recognizable: its title and where it calls from."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
# PS3.5 6.2 AE: 1 to 16 characters of the default repertoire, no backslash, blanks at the ends mean nothing.
AE_TITLE = re.compile(r"(?! )[ -\[\]-~]{1,16}(?<! )")


def is_ae_title(title: str) -> bool:
    """Whether this can be an application entity's title."""
    return AE_TITLE.fullmatch(title) is not None


def networks_in(text: str) -> list[Network]:
    """Addresses and networks with commas or blanks between them; raises ValueError for anything else, and for none."""
    found = [ip_network(each, strict=False) for each in re.split(r"[,\s]+", text.strip(", \n")) if each]
    if not found:
        raise ValueError("a peer calls from somewhere")
    return found


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of these; an IPv4 address that came in IPv6's clothes is an IPv4 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)
