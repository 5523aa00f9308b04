"""The depository's DIMSE services: what peers store, search, retrieve and ask to be kept."""
