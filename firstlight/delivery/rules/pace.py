"""How fast a carrier is fed: a bucket of tokens that fills with time, kept partly for what presses."""

from dataclasses import dataclass, replace

BURST_SECONDS = 0.25
KEPT_SHARE = 0.2
SLOWEST = 0.2
RECOVERY_SHARE_A_SECOND = 0.05
RECOVERED = 4.0


@dataclass(frozen=True, slots=True)
class Pace:
    """A bucket as it stood at `at` (seconds): `per_second` now, `ceiling` by agreement; None is no limit."""

    ceiling: float | None
    per_second: float | None
    tokens: float
    at: float
    eased_from: float = 0.0


def pace_of(per_second: float | None, now: float) -> Pace:
    """A carrier's pace before anything was sent."""
    return Pace(per_second, per_second, _burst(per_second), now)


def grant(pace: Pace, wanted: int, now: float, *, presses: bool) -> tuple[Pace, int]:
    """How many of the wanted messages may leave now; what does not press leaves a share of the bucket."""
    pace = _filled(pace, now)
    if pace.per_second is None:
        return pace, wanted
    burst = _burst(pace.per_second)
    kept = 0.0 if presses or burst < 1 / KEPT_SHARE else burst * KEPT_SHARE
    granted = max(0, min(wanted, int(pace.tokens - kept + 1e-9)))
    return replace(pace, tokens=pace.tokens - granted), granted


def taken_back(pace: Pace, unused: int) -> Pace:
    """The bucket after granted tokens were not used."""
    return pace if pace.per_second is None else replace(pace, tokens=pace.tokens + unused)


def eased(pace: Pace, seen_per_second: float, now: float, wait_seconds: float = 0.0) -> Pace:
    """Half the speed at which the carrier said "too many", after the pause it asked for; it recovers slowly."""
    speed = seen_per_second if pace.per_second is None else min(seen_per_second, pace.per_second)
    speed = max(SLOWEST, speed)
    slower = max(SLOWEST, speed / 2)
    return Pace(pace.ceiling, slower, -wait_seconds * slower, now, speed)


def seconds_to_next(pace: Pace) -> float:
    """How long until the bucket holds another token."""
    return 0.0 if pace.per_second is None else max(0.0, 1.0 - pace.tokens) / pace.per_second


def _burst(per_second: float | None) -> float:
    return 0.0 if per_second is None else max(1.0, per_second * BURST_SECONDS)


def _filled(pace: Pace, now: float) -> Pace:
    if pace.per_second is None:
        return pace
    # A clock set back fills nothing; one set forward fills no more than the bucket holds.
    passed = max(0.0, now - pace.at)
    speed = _recovered(pace, passed)
    if speed is None:
        return replace(pace, per_second=None, tokens=0.0, at=now, eased_from=0.0)
    tokens = min(_burst(speed), pace.tokens + passed * pace.per_second)
    return replace(pace, per_second=speed, tokens=tokens, at=now)


def _recovered(pace: Pace, passed: float) -> float | None:
    speed = pace.per_second
    if speed is None or not pace.eased_from:
        return speed
    speed += passed * RECOVERY_SHARE_A_SECOND * pace.eased_from
    if pace.ceiling is not None:
        return min(speed, pace.ceiling)
    return None if speed >= RECOVERED * pace.eased_from else speed
