"""How many notices a week interrupt a member before those that do not press wait for the digest."""


def has_had_enough(had: int, *, own_cap: int | None, has_digest: bool, site_cap: int) -> bool:
    """Whether a member who had this many in seven days finds the next one in the digest instead.

    Their own cap counts before the site's; who gets no digest has no cap but their own.
    """
    if own_cap is not None:
        return had >= own_cap
    return has_digest and had >= site_cap
