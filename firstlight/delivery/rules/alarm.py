"""Whether so much fails that a person should look before more is sent."""

from collections.abc import Collection


def is_alarming(failures: int, outcomes: int, *, share: float, at_least: int) -> bool:
    """Whether more than this share failed, once there are enough outcomes to tell."""
    return outcomes >= at_least and failures > share * outcomes


def is_alarming_lately(failed: Collection[bool], *, share: float, at_least: int) -> bool:
    """The same for the last outcomes, each True when it failed."""
    return is_alarming(sum(failed), len(failed), share=share, at_least=at_least)
