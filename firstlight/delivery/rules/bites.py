"""How many messages a connection takes at a time: so few that what presses waits a second or two at most."""

FIRST_BITE = 8
LONGEST_BITE = 64
QUICK_SECONDS = 0.5
SLOW_SECONDS = 1.5


def next_bite(bite: int, seconds: float, *, most: int) -> int:
    """Twice as many after a quick hand-over, half as many after a slow one."""
    if seconds > SLOW_SECONDS:
        return max(1, bite // 2)
    return min(most, bite * 2) if seconds <= QUICK_SECONDS else bite
