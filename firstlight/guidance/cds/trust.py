"""Who calls: signed tokens of registered order systems (CDS Hooks 2.0, "Trusting CDS Clients")."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
from jwt import PyJWK

from firstlight.guidance.cds.exchange import Refusal

ALGORITHMS = ("ES384", "RS384")
LEEWAY_SECONDS = 30
LONGEST_LIFE = timedelta(hours=1)
LEAST_RSA_BITS = 2048
LONGEST_TOKEN = 8192


@dataclass(frozen=True)
class Issuer:
    """An order system as its tokens are verified: the keys of its JWK Set, and the one address it may name for them."""

    id: int
    name: str
    keys: tuple[dict[str, Any], ...]
    keys_url: str = ""


@dataclass(frozen=True)
class Token:
    """A token that holds: who sent it, and what keeps it from being sent twice."""

    issuer: Issuer
    digest: str
    expires_at: datetime


def read_token(
    written: str, *, issuers: Callable[[str], Issuer | None], audience: Iterable[str], at: datetime
) -> Token:
    """The token, verified; raises Refusal with what is wrong with it and none of its words."""
    if len(written) > LONGEST_TOKEN:
        raise _refused("It is too long")
    try:
        header = jwt.get_unverified_header(written)
        claimed = jwt.decode(written, options={"verify_signature": False})
    except (jwt.PyJWTError, RecursionError):
        raise _refused("It is not a JSON Web Token") from None
    if header.get("typ") != "JWT" or header.get("alg") not in ALGORITHMS:
        raise _refused(f"It must be of typ JWT and signed with {' or '.join(ALGORITHMS)}")
    issuer = issuers(claimed["iss"]) if isinstance(claimed.get("iss"), str) else None
    if issuer is None:
        raise _refused("Its issuer is not registered here")
    if "jku" in header and header["jku"] != issuer.keys_url:
        raise _refused("Its jku is not the one that is registered")
    return _checked(_decoded(written, _key(issuer, header), tuple(audience), at), issuer, at)


def _refused(why: str) -> Refusal:
    return Refusal(401, "This token is not valid", f"{why}.", WWW_Authenticate='Bearer error="invalid_token"')


def _key(issuer: Issuer, header: dict[str, Any]) -> PyJWK:
    for each in issuer.keys:
        if each.get("kid") == header.get("kid") and each.get("kid"):
            key = usable_key(each)
            if key is not None and key.algorithm_name == header["alg"]:
                return key
    raise _refused("Its key is not among those that are registered")


def usable_key(raw: Any) -> PyJWK | None:
    """A public key for one of our algorithms; None for what is none, is private, or is too weak."""
    if not isinstance(raw, dict) or "d" in raw or "k" in raw:
        return None
    wanted = {"RSA": "RS384", "EC": "ES384"}.get(str(raw.get("kty")))
    if wanted is None or raw.get("alg", wanted) != wanted or (wanted == "ES384" and raw.get("crv") != "P-384"):
        return None
    try:
        key = PyJWK(raw, algorithm=wanted)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if getattr(key.key, "key_size", 0) >= (LEAST_RSA_BITS if wanted == "RS384" else 384) else None


def _decoded(written: str, key: PyJWK, audience: tuple[str, ...], at: datetime) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            written,
            key,
            algorithms=list(ALGORITHMS),
            audience=audience,
            # The moments are compared below, with the clock that was handed in.
            options={
                "require": ["exp", "iat", "jti", "iss", "aud"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidAudienceError:
        raise _refused("Its aud is not the address that was called") from None
    except jwt.MissingRequiredClaimError as error:
        raise _refused(f"It lacks {error.claim}") from None
    except jwt.InvalidTokenError:
        raise _refused("Its signature does not verify") from None
    return claims


def _checked(claims: dict[str, Any], issuer: Issuer, at: datetime) -> Token:
    leeway = timedelta(seconds=LEEWAY_SECONDS)
    issued_at, expires_at = (_moment(claims[name], name) for name in ("iat", "exp"))
    if expires_at + leeway < at:
        raise _refused("It has expired")
    if issued_at - leeway > at:
        raise _refused("It is from the future")
    if expires_at - issued_at > LONGEST_LIFE:
        raise _refused("It is valid for more than an hour")
    if not isinstance(claims["jti"], str) or not claims["jti"]:
        raise _refused("Its jti must be a string")
    return Token(issuer, sha256(claims["jti"].encode()).hexdigest(), expires_at + leeway)


def _moment(value: Any, name: str) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(f"Its {name} is no moment")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise _refused(f"Its {name} is no moment") from None
