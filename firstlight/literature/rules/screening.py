"""When screeners have decided."""

from collections.abc import Sequence

WAITING, CONFLICT, INCLUDED, EXCLUDED = "waiting", "conflict", "included", "excluded"


def outcome_of(votes: Sequence[tuple[bool, bool]], needed: int) -> str:
    """What votes (is it included, does the vote settle a disagreement) come to when `needed` must agree.

    The last settling vote decides; without one, votes that differ are a conflict and too few alike still wait.
    """
    settling = [included for included, settles in votes if settles]
    if settling:
        return INCLUDED if settling[-1] else EXCLUDED
    voices = {included for included, _settles in votes}
    if len(voices) > 1:
        return CONFLICT
    if len(votes) < needed or not voices:
        return WAITING
    return INCLUDED if voices.pop() else EXCLUDED
