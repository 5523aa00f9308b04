"""Read the settings of what is published for programs: which country, and what messages are signed with."""

from collections.abc import Mapping
from pathlib import Path

from babel import Locale
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificate

from firstlight.config.environment import BadSetting

KEY, CERTIFICATE = "FIRSTLIGHT_CAP_KEY", "FIRSTLIGHT_CAP_CERTIFICATE"


def area(environ: Mapping[str, str]) -> str:
    """The country that notices are for, by its ISO 3166-1 code; that of the telephone numbers unless it is said."""
    code = environ.get("FIRSTLIGHT_AREA") or environ.get("FIRSTLIGHT_COUNTRY") or "KR"
    if len(code) != 2 or code not in Locale("en").territories:
        raise BadSetting("FIRSTLIGHT_AREA: use a country's two letters, as in KR")
    return code


def cap_signature(environ: Mapping[str, str]) -> tuple[bytes, bytes] | None:
    """The key and the certificate that CAP messages are signed with, both PEM; None when neither is named."""
    if not environ.get(KEY) and not environ.get(CERTIFICATE):
        return None
    key, certificate = _file(environ, KEY), _file(environ, CERTIFICATE)
    if _public_half(key) != _public_key(certificate):
        raise BadSetting(f"{CERTIFICATE}: it is not the certificate of the key in {KEY}")
    return key, certificate


def _file(environ: Mapping[str, str], name: str) -> bytes:
    path = environ.get(name)
    if not path:
        raise BadSetting(f"{name}: name a file too, or neither {KEY} nor {CERTIFICATE}")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadSetting(f"{name}: the file cannot be read ({error.strerror})") from None


def _public_half(key: bytes) -> bytes:
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError):  # TypeError: it is locked with a password
        raise BadSetting(f"{KEY}: use a private key in PEM without a password") from None
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadSetting(f"{KEY}: use an RSA or an elliptic-curve key")
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _public_key(certificate: bytes) -> bytes:
    try:
        read: Certificate = load_pem_x509_certificate(certificate)
    except ValueError:
        raise BadSetting(f"{CERTIFICATE}: use a certificate in PEM") from None
    return read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
