"""A site's secret key, and everything that is derived from it."""

import base64
import hashlib
import hmac
from mmap import mmap
from pathlib import Path

SHORTEST_BYTES = 16
LONGEST_SHIFT_DAYS = 3652


class SiteKey:
    """Pseudonyms, UIDs and date shifts from HMAC-SHA-256: the same in every run, useless without the key."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def from_bytes(cls, secret: bytes) -> "SiteKey":
        """A key from its bytes.

        Raises:
            ValueError: when it is shorter than 16 bytes.
        """
        if len(secret) < SHORTEST_BYTES:
            raise ValueError(f"a site's secret needs at least {SHORTEST_BYTES} bytes, this one has {len(secret)}")
        return cls(bytes(secret))

    @classmethod
    def from_file(cls, path: Path) -> "SiteKey":
        """A key from a file; one line end at its end does not count.

        Raises:
            ValueError: when it is shorter than 16 bytes.
            OSError: when it cannot be read.
        """
        return cls.from_bytes(path.read_bytes().removesuffix(b"\n").removesuffix(b"\r"))

    def __repr__(self) -> str:
        return "SiteKey(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SiteKey) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self._digest("hash", b""))

    def _digest(self, domain: str, message: bytes) -> bytes:
        return hmac.digest(self._secret, b"firstlight/" + domain.encode() + b"\0" + message, "sha256")

    def pseudonym(self, patient_id: str) -> str:
        """What stands for a patient: "FL-" and twelve characters, 60 bits."""
        message = patient_id.strip(" \0").encode() + b"\0"
        return "FL-" + base64.b32encode(self._digest("patient", message))[:12].decode()

    def pseudonym_of_study(self, study_instance_uid: str) -> str:
        """What stands for a patient whose study names none."""
        return "FL-" + base64.b32encode(self._digest("study", study_instance_uid.encode()))[:12].decode()

    def uid(self, original: str) -> str:
        """A UID in place of another: the 2.25 form of 128 bits, PS3.5 B.2."""
        return f"2.25.{int.from_bytes(self._digest('uid', original.encode())[:16])}"

    def shift_days(self, pseudonym: str) -> int:
        """How far a patient's dates move, from -3652 to -1 days."""
        number = int.from_bytes(self._digest("shift", pseudonym.encode())[:8])
        return -1 - number % LONGEST_SHIFT_DAYS

    def signing_seed(self) -> bytes:
        """The 32 bytes from which the site's Ed25519 key is made (RFC 8032 5.1.5)."""
        return self._digest("sign", b"")

    def fingerprint(self, content: bytes | memoryview | mmap) -> str:
        """What names a content without telling it: 64 hexadecimal digits."""
        return self._digest("content", hashlib.sha256(content).digest()).hex()
