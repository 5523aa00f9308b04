"""The receipt of a de-identified study: what was done, counted by tag and action, and signed. Never a value."""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from firstlight.dicom.deidentify import SENTENCES, Decision
from firstlight.dicom.dictionary import keyword_of
from firstlight.dicom.profile import OPTION_NAMES, Profile

SCHEMA = "firstlight-receipt/2"
FORMER_SCHEMA = "firstlight-receipt/1"
PIXEL_WORDS = ("clear", "covered", "confirmed", "not looked")
KEY_BYTES, SIGNATURE_BYTES = 32, 64
ACTIONS = "XZDKCUS"
Count = tuple[int, str, str]  # tag, action, reason
Receipt = dict[str, Any]

WORDS = {
    "en": {
        "title": "De-identification receipt", "study": "Study", "profile": "Profile", "options": "Options",
        "instances": "Instances", "refused": "Kept back", "actions": "What was done", "pixels": "Text in pixels",
        "scan": "Second look at the result", "texts": "{} texts searched, {} with anything left",
        "signed_by": "Signed with the key",
        "clear": "none found", "covered": "found and covered", "confirmed": "confirmed by a person",
        "not looked": "a kind that carries none",
        "X": "removed", "Z": "emptied", "D": "replaced", "K": "kept",
        "C": "cleaned", "U": "new UID", "S": "date shifted",
    },
    "ko": {
        "title": "비식별화 영수증", "study": "검사", "profile": "프로파일", "options": "옵션",
        "instances": "영상 수", "refused": "보류", "actions": "처리 내용", "pixels": "화소 속 글자",
        "scan": "결과를 다시 검사", "texts": "글 {}개 검사, 남은 것 {}개", "signed_by": "서명한 키",
        "clear": "없음", "covered": "찾아서 가림", "confirmed": "사람이 확인함", "not looked": "글자가 없는 종류",
        "X": "삭제", "Z": "비움", "D": "대체", "K": "유지", "C": "정제", "U": "새 UID", "S": "날짜 이동",
    },
}  # fmt: skip


class Signer(NamedTuple):
    """Who signs: an Ed25519 public key of 32 bytes, and what makes the 64 bytes of a signature (RFC 8032)."""

    public_key: bytes
    sign: Callable[[bytes], bytes]


class Listed(NamedTuple):
    """One instance under a receipt: its new UID, the SHA-256 of its file, and what became of text in its pixels."""

    sop_instance_uid: str
    sha256: str
    pixels: str


def counted(decisions: Iterable[Decision]) -> Counter[Count]:
    """How often each tag met each action, for each reason."""
    return Counter((decision.tag, decision.action, decision.reason) for decision in decisions)


def build_receipt(
    *,
    study_instance_uid: str,
    profile: Profile,
    signer: Signer,
    instances: Iterable[Listed],
    counts: Mapping[Count, int],
    refused: Mapping[str, int],
    texts: int,
) -> Receipt:
    """A signed receipt; `texts` were searched in the finished output, and nothing was found, else it is refused."""
    receipt = unsigned_receipt(
        study_instance_uid=study_instance_uid,
        profile=profile,
        signed_by=in_base64url(signer.public_key),
        instances=instances,
        counts=counts,
        refused=refused,
        texts=texts,
    )
    return {**receipt, "signature": in_base64url(signer.sign(canonical(receipt)))}


def unsigned_receipt(
    *,
    study_instance_uid: str,
    profile: Profile,
    signed_by: str,
    instances: Iterable[Listed],
    counts: Mapping[Count, int],
    refused: Mapping[str, int],
    texts: int,
) -> Receipt:
    """All of a receipt but its signature: its `canonical` bytes are what is signed."""
    return {
        "schema": SCHEMA,
        "study_instance_uid": study_instance_uid,
        "profile": profile.version,
        "options": [{"code": code, "meaning": OPTION_NAMES[code]} for code in profile.options],
        "longitudinal_dates": profile.dates,
        "instances": [each._asdict() for each in sorted(instances)],
        "refused": dict(sorted(refused.items())),
        "actions": [_row(count, number) for count, number in sorted(counts.items())],
        "scan": {"texts": texts, "found": 0},
        "signed_by": signed_by,
    }


def _row(count: Count, number: int) -> dict[str, Any]:
    tag, action, reason = count
    return {"tag": shown(tag), "keyword": keyword_of(tag), "action": action, "count": number, "reason": reason}


def shown(tag: int) -> str:
    """A tag as people write it: (gggg,eeee)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def canonical(receipt: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: all but the signature, as JSON with sorted keys, no spaces, in ASCII."""
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def in_base64url(content: bytes) -> str:
    """Bytes as base64url without padding (RFC 4648 5)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64url(written: object, length: int) -> bytes | None:
    """So many bytes from base64url without padding; None when it is not that."""
    if not isinstance(written, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", written):
        return None
    try:
        content = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except binascii.Error:
        return None
    return content if len(content) == length and in_base64url(content) == written else None


def fault_of(receipt: Mapping[str, Any]) -> str:
    """The first thing that is not as a receipt has it, as a code; "" for a well-formed one.

    It says nothing of the signature: who can, is `firstlight.signing`.
    """
    if receipt.get("schema") != SCHEMA:
        return "receipt-schema"
    wrong = (name for name, is_right in _SHAPE.items() if not is_right(receipt.get(name)))
    return next((f"receipt-{name}" for name in wrong), "" if receipt.keys() <= _NAMES else "receipt-more")


def _is_uid(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 64 and bool(re.fullmatch(r"[0-9]+(\.[0-9]+)+", value))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 200 and not re.search(r"\d{5}", value)


def _are_options(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and each.keys() == {"code", "meaning"}
        and isinstance(each["code"], str)
        and OPTION_NAMES.get(each["code"], 0) == each["meaning"]
        for each in value
    )


def _are_instances(value: object) -> bool:
    if not isinstance(value, list) or not all(map(_is_instance, value)):
        return False
    return 0 < len(value) == len({each["sop_instance_uid"] for each in value})


def _is_instance(each: object) -> bool:
    return (
        isinstance(each, dict)
        and each.keys() == {*Listed._fields}
        and _is_uid(each["sop_instance_uid"])
        and isinstance(each["sha256"], str)
        and bool(re.fullmatch(r"[0-9a-f]{64}", each["sha256"]))
        and each["pixels"] in PIXEL_WORDS
    )


def _are_refusals(value: object) -> bool:
    return isinstance(value, dict) and all(
        re.fullmatch(r"[a-z-]{1,60}", code) and _is_count(number) for code, number in value.items()
    )


def _are_actions(value: object) -> bool:
    if not isinstance(value, list) or not all(map(_is_action, value)):
        return False
    return 0 < len(value) == len({(each["tag"], each["action"], each["reason"]) for each in value})


def _is_action(each: object) -> bool:
    return (
        isinstance(each, dict)
        and each.keys() == {"tag", "keyword", "action", "count", "reason"}
        and isinstance(each["tag"], str)
        and bool(re.fullmatch(r"\([0-9A-F]{4},[0-9A-F]{4}\)", each["tag"]))
        and each["action"] in (*ACTIONS,)
        and _is_count(each["count"])
        and each["count"] > 0
        and isinstance(each["keyword"], str)
        and bool(re.fullmatch(r"[A-Za-z0-9]{0,100}", each["keyword"]))
        and _is_short(each["reason"])
    )


def _is_scan(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"texts", "found"}
        and _is_count(value["texts"])
        and _is_count(value["found"])
        and value["found"] == 0
    )


_SHAPE: dict[str, Callable[[object], bool]] = {
    "study_instance_uid": _is_uid,
    "profile": _is_short,
    "options": _are_options,
    "longitudinal_dates": lambda value: value in ("MODIFIED", "UNMODIFIED", "REMOVED"),
    "instances": _are_instances,
    "refused": _are_refusals,
    "actions": _are_actions,
    "scan": _is_scan,
    "signed_by": lambda value: from_base64url(value, KEY_BYTES) is not None,
    "signature": lambda value: from_base64url(value, SIGNATURE_BYTES) is not None,
}
_NAMES = _SHAPE.keys() | {"schema"}


def dump_receipt(receipt: Mapping[str, Any]) -> str:
    """A receipt as the text of its file."""
    return json.dumps(receipt, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def load_receipt(text: str) -> Receipt:
    """A receipt from the text of its file, of this schema or the former one.

    Raises:
        ValueError: when it is not a receipt of a schema known here.
    """
    receipt = json.loads(text)
    if not isinstance(receipt, dict) or receipt.get("schema") not in (SCHEMA, FORMER_SCHEMA):
        raise ValueError(f"this is not a receipt of the schema {SCHEMA}")
    return receipt


def describe(receipt: Mapping[str, Any], language: str = "en") -> str:
    """A receipt for a person to read, in English or Korean."""
    words = WORDS["ko" if language.startswith("ko") else "en"]
    lines = [
        words["title"],
        f"{words['study']}: {receipt['study_instance_uid']}",
        f"{words['profile']}: {receipt['profile']}",
        f"{words['options']}: " + ", ".join(f"{row['meaning']} ({row['code']})" for row in receipt["options"]),
        f"{words['instances']}: {len(receipt['instances'])}",
        *_looked(receipt, words),
    ]
    for reason, number in receipt["refused"].items():
        lines.append(f"{words['refused']}: {number} × {reason} ({SENTENCES.get(reason, reason)})")
    lines.append(f"{words['actions']}:")
    lines += [
        f"  {row['tag']} {row['keyword']}: {words[row['action']]} × {row['count']}. {row['reason']}"
        for row in receipt["actions"]
        if row["action"] != "K"
    ]
    return "\n".join(lines) + "\n"


def _looked(receipt: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """What pixels and the second scan showed, and whose key signed; a receipt of the former schema has none of it."""
    if receipt["schema"] != SCHEMA:
        return []
    pixels = Counter(each["pixels"] for each in receipt["instances"])
    return [
        f"{words['pixels']}: " + ", ".join(f"{words[word]} × {number}" for word, number in sorted(pixels.items())),
        f"{words['scan']}: " + words["texts"].format(receipt["scan"]["texts"], receipt["scan"]["found"]),
        f"{words['signed_by']}: {receipt['signed_by']}",
    ]
