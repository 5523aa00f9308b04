"""Ed25519 signatures on receipts (RFC 8032): who holds a site's secret signs, anyone can verify."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firstlight.dicom.keys import SiteKey
from firstlight.dicom.receipts import KEY_BYTES, SIGNATURE_BYTES, Signer, canonical, from_base64url


def signer_of(key: SiteKey) -> Signer:
    """Who signs with a site's secret."""
    private = Ed25519PrivateKey.from_private_bytes(key.signing_seed())
    return Signer(private.public_key().public_bytes_raw(), private.sign)


def is_genuine(receipt: Mapping[str, Any]) -> bool:
    """Whether a receipt is whole and was signed with the key that it names; whose key that is, is another question."""
    public_key = from_base64url(receipt.get("signed_by"), KEY_BYTES)
    signature = from_base64url(receipt.get("signature"), SIGNATURE_BYTES)
    if public_key is None or signature is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, canonical(receipt))
    except (InvalidSignature, ValueError):
        return False
    return True
