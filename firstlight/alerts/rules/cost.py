"""What a text message costs by the agreement with its carrier."""

from typing import Protocol

from firstlight.delivery.rules.counting import Count, Scheme


class Prices(Protocol):
    """The prices that a carrier's setting states, each None where it is silent."""

    @property
    def price_sms(self) -> float | None: ...
    @property
    def price_lms(self) -> float | None: ...
    @property
    def price_part(self) -> float | None: ...


def price_of(count: Count, prices: Prices) -> float | None:
    """The price of one such message; None when the setting does not say."""
    if count.scheme == Scheme.SMS:
        return prices.price_sms
    if count.scheme == Scheme.LMS:
        return prices.price_lms
    return None if prices.price_part is None else prices.price_part * count.parts
