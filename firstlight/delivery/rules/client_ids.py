"""The name a message carries at every attempt, signed, so that a bounce or a report naming it can be believed."""

import re
from hmac import compare_digest

from firstlight.delivery.rules.codes import BadCode, write_code

SIGNATURE_CHARACTERS = 8
_ID = re.compile(r"m(\d{1,18})-d(\d{1,18})-(\w{8})", re.ASCII)


def write_client_id(mailing_id: int, delivery_id: int, *, key: str) -> str:
    """As in m12-d3456-k7RwQz2b: of a mailing, of a delivery, and what only this server writes."""
    return f"m{mailing_id}-d{delivery_id}-{_signature(mailing_id, delivery_id, key)}"


def read_client_id(text: str, *, key: str) -> int:
    """The delivery that a message's name means; raises BadCode for one that this server did not write."""
    match = _ID.fullmatch(text)
    if match is None or not compare_digest(match[3].encode(), _signature(int(match[1]), int(match[2]), key).encode()):
        raise BadCode
    return int(match[2])


def _signature(mailing_id: int, delivery_id: int, key: str) -> str:
    return write_code(delivery_id, purpose=f"message of {mailing_id}", key=key)[-SIGNATURE_CHARACTERS:]


def sign_return(client_id: str, *, key: str) -> str:
    """The signature of a return address, another than the id's own, which every reader of the letter sees."""
    return write_code(0, purpose=f"return of {client_id}", key=key)[-SIGNATURE_CHARACTERS:]


def is_return_signed(client_id: str, signature: str, *, key: str) -> bool:
    """Whether this server wrote that return address."""
    return compare_digest(sign_return(client_id, key=key).encode(), signature.encode())
