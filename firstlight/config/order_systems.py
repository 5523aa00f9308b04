"""What order systems may do here, read from outside and refused loudly when it cannot be meant."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from firstlight.config.environment import BadSetting


def is_open(environ: Mapping[str, str]) -> bool:
    """Whether unsigned calls of order systems are answered; they are unless it is switched off."""
    given = environ.get("FIRSTLIGHT_CDS_OPEN", "1").strip()
    if given not in {"0", "1"}:
        raise BadSetting("FIRSTLIGHT_CDS_OPEN: use 1 (anyone may ask) or 0 (signed calls alone)")
    return given == "1"


def fhir_servers(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The origins of the FHIR servers that may be asked, also inside a network; none named means any public https."""
    return tuple(map(_origin, environ.get("FIRSTLIGHT_CDS_FHIR_SERVERS", "").split()))


def _origin(given: str) -> str:
    try:
        parts = urlsplit(given)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or parts.path.strip("/") or parts.query or parts.username:
        raise BadSetting(
            "FIRSTLIGHT_CDS_FHIR_SERVERS: use origins such as https://fhir.hospital.example, apart by blanks"
        )
    return given.rstrip("/")
