"""What the first carrier of text messages charges, and how it counts, as its setting says."""

from functools import lru_cache

from django.conf import settings

from firstlight.delivery.transports.carrier_url import CarrierUrl, Terms


def sms_terms() -> Terms:
    """The terms of the carrier that is asked first."""
    return _terms(settings.CARRIERS["sms"][0])


@lru_cache(maxsize=8)
def _terms(url: str) -> Terms:
    return CarrierUrl.parse(url).terms
