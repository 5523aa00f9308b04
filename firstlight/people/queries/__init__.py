"""What pages and actions read of members."""

from firstlight.people.queries.directory import (
    Reachability,
    count_reachability,
    find_members,
    institutions_with_members,
    unasked_contacts,
)
from firstlight.people.queries.matching import Match, Terms, find_institutions, match_members
from firstlight.people.queries.tokens import Standing, member_with_token, standing_with_token

__all__ = [
    "Match",
    "Reachability",
    "Standing",
    "Terms",
    "count_reachability",
    "find_institutions",
    "find_members",
    "institutions_with_members",
    "match_members",
    "member_with_token",
    "standing_with_token",
    "unasked_contacts",
]
