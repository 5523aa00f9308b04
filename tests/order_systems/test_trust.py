"""Signed calls: what holds, and what does not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from firstlight.guidance.cds import keeping
from firstlight.guidance.cds.models import OrderSystem, SeenToken
from tests.cast import Cast
from tests.order_systems.conftest import NOW, ROOT, Ask, hook, refused, said

EC = ec.generate_private_key(ec.SECP384R1())
OTHER_EC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
ISSUER = "https://ehr.example.org/"
ADDRESS = f"{ROOT}/cds-services/which-imaging"


@pytest.fixture
def system(cast: Cast) -> OrderSystem:
    keys = [
        {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ec", "use": "sig"},
        {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa", "alg": "RS384"},
        {**RSAAlgorithm.to_jwk(WEAK.public_key(), as_dict=True), "kid": "weak"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
    ]
    return OrderSystem.objects.create(
        name="EHR", issuer=ISSUER, keys={"keys": keys}, keys_url="https://ehr.example.org/keys",
        registered_by=cast.ara, registered_at=NOW,
    )  # fmt: skip


def token(key: Any = EC, *, alg: str = "ES384", kid: str = "ec", header: Any = None, **claims: Any) -> str:
    now = datetime.now(UTC)
    said = {"iss": ISSUER, "aud": ADDRESS, "iat": now, "exp": now + timedelta(minutes=5), "jti": "once", **claims}
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, key, algorithm=alg, headers={"kid": kid, "typ": "JWT", **(header or {})})


def seconds(after: int) -> float:
    """So many seconds from now on, as tokens count them."""
    return datetime.now(UTC).timestamp() + after


def signed(written: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {written}"}


def test_a_signed_call_is_answered_once(ask: Ask, guidelines: object, system: OrderSystem, settings: Any) -> None:
    settings.CDS_OPEN = False
    assert ask("which-imaging", hook()).status == 401
    assert said(ask("which-imaging", hook(), **signed(token())))
    assert said(ask("which-imaging", hook(), **signed(token(RSA, alg="RS384", kid="rsa", jti="two", aud=[ADDRESS]))))
    again = ask("which-imaging", hook(), **signed(token()))
    assert "used before" in refused(again)["detail"]
    assert said(ask(**signed(token(jti="three", aud=f"{ROOT}/cds-services"))))
    assert keeping.forget_tokens(datetime.now(UTC) + timedelta(hours=1)) == 3


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "nonsense": (lambda: "a.b.c", "not a JSON Web Token"),
    "long": (lambda: "x" * 10_000, "too long"),
    "unsigned": (lambda: token("", alg="none"), "must be of typ JWT"),
    "symmetric": (lambda: token("secret" * 8, alg="HS384", kid="shared"), "must be of typ JWT"),
    "other algorithm": (lambda: token(RSA, alg="RS256", kid="rsa"), "must be of typ JWT"),
    "no typ": (lambda: token(header={"typ": "at+jwt"}), "must be of typ JWT"),
    "stranger": (lambda: token(iss="https://elsewhere.example.org/"), "issuer"),
    "no issuer": (lambda: token(iss=None), "issuer"),
    "other jku": (lambda: token(header={"jku": "https://evil.example.org/keys"}), "jku"),
    "other key": (lambda: token(OTHER_EC), "signature"),
    "unknown key": (lambda: token(kid="nobody"), "key"),
    "weak key": (lambda: token(WEAK, alg="RS384", kid="weak"), "key"),
    "key of another algorithm": (lambda: token(kid="rsa"), "key"),
    "another address": (lambda: token(aud=f"{ROOT}/cds-services"), "aud"),
    "no audience": (lambda: token(aud=None), "aud"),
    "expired": (lambda: token(iat=seconds(-900), exp=seconds(-600)), "expired"),
    "too long a life": (lambda: token(exp=seconds(7200)), "hour"),
    "from the future": (lambda: token(iat=seconds(600), exp=seconds(700)), "future"),
    "no end": (lambda: token(exp=None), "exp"),
    "no moment": (lambda: token(exp="soon"), "exp"),
    "endless": (lambda: token(exp=1e300), "exp"),
    "no jti": (lambda: token(jti=None), "jti"),
    "empty jti": (lambda: token(jti=""), "jti"),
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # it is the test's own weak key
@pytest.mark.parametrize(("make", "word"), BAD.values(), ids=BAD)
def test_a_token_that_does_not_hold_is_refused_even_where_unsigned_calls_are_not(
    ask: Ask, guidelines: object, system: OrderSystem, make: Callable[[], str], word: str
) -> None:
    written = make()
    found = ask("which-imaging", hook(), **signed(written))
    problem = refused(found)
    assert found.status == 401
    assert word in problem["detail"]
    assert found.headers["WWW-Authenticate"].startswith("Bearer")
    assert written not in str(problem)
    assert not SeenToken.objects.exists()


def test_a_revoked_system_is_a_stranger(ask: Ask, guidelines: object, system: OrderSystem) -> None:
    OrderSystem.objects.update(revoked_at=NOW)
    assert ask("which-imaging", hook(), **signed(token())).status == 401
    assert ask("which-imaging", hook(), Authorization="Basic x").status == 401
