"""The carriers of our settings, opened once in each process."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from firstlight.delivery.rules.carrier_names import carrier_slug
from firstlight.delivery.rules.client_ids import sign_return
from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.transports.interface import Carrier
from firstlight.delivery.transports.opening import open_carrier


def carriers_of(channel: Channel) -> tuple[Carrier, ...]:
    """A channel's carriers, the one that is used first at the front."""
    return _opened(tuple(settings.CARRIERS[channel]), settings.DATA, urlsplit(settings.ORIGIN).hostname or "", channel)


def carrier_with(slug: str) -> Carrier | None:
    """The carrier whose name stands so in an address; one of text messages first, since it is they that call."""
    known = (carrier for channel in (Channel.SMS, Channel.EMAIL) for carrier in carriers_of(channel))
    return next((carrier for carrier in known if carrier_slug(carrier.name) == slug), None)


@lru_cache(maxsize=8)
def _opened(urls: tuple[str, ...], data: Path, host: str, channel: Channel) -> tuple[Carrier, ...]:
    return tuple(open_carrier(url, data=data, host=host, channel=channel, sign=_sign) for url in urls)


def _sign(client_id: str) -> str:
    return sign_return(client_id, key=settings.SECRET_KEY)
