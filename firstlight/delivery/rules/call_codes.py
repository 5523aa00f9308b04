"""The codes in the addresses that carriers call: one for each message, and one of the carrier's own."""

from firstlight.delivery.rules.codes import BadCode, read_code, write_code

REPORT = "report"


def carrier_code(slug: str, *, key: str) -> str:
    """A carrier's own code, for replies and for reports that name their message themselves."""
    return write_code(0, purpose=f"carrier {slug}", key=key)


def delivery_called(code: str, slug: str, *, key: str) -> int | None:
    """The delivery that a call is about; None with the carrier's own code. Raises BadCode for any other."""
    try:
        return read_code(code, purpose=REPORT, key=key)
    except BadCode:
        check_carrier_code(code, slug, key=key)
        return None


def check_carrier_code(code: str, slug: str, *, key: str) -> None:
    """Raises BadCode unless this is the carrier's own code."""
    read_code(code, purpose=f"carrier {slug}", key=key)
