"""The receipt of a de-identified study: what was done, counted by tag and action, and sealed. Never a value."""

import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pydicom.datadict import keyword_for_tag

from firstlight.dicom.deidentify import SENTENCES, Decision
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import OPTION_NAMES, Profile

SCHEMA = "firstlight-receipt/1"
Count = tuple[int, str, str]  # tag, action, reason
Receipt = dict[str, Any]

WORDS = {
    "en": {
        "title": "De-identification receipt", "study": "Study", "profile": "Profile", "options": "Options",
        "instances": "Instances", "refused": "Kept back", "actions": "What was done",
        "X": "removed", "Z": "emptied", "D": "replaced", "K": "kept",
        "C": "cleaned", "U": "new UID", "S": "date shifted",
    },
    "ko": {
        "title": "비식별화 영수증", "study": "검사", "profile": "프로파일", "options": "옵션",
        "instances": "영상 수", "refused": "보류", "actions": "처리 내용",
        "X": "삭제", "Z": "비움", "D": "대체", "K": "유지", "C": "정제", "U": "새 UID", "S": "날짜 이동",
    },
}  # fmt: skip


def counted(decisions: Iterable[Decision]) -> Counter[Count]:
    """How often each tag met each action, for each reason."""
    return Counter((decision.tag, decision.action, decision.reason) for decision in decisions)


def build_receipt(
    *,
    study_instance_uid: str,
    profile: Profile,
    key: SiteKey,
    instances: Mapping[str, str],
    counts: Mapping[Count, int],
    refused: Mapping[str, int],
) -> Receipt:
    """A sealed receipt; `instances` are new SOP Instance UIDs with the SHA-256 of their files."""
    receipt: Receipt = {
        "schema": SCHEMA,
        "study_instance_uid": study_instance_uid,
        "profile": profile.version,
        "options": [{"code": code, "meaning": OPTION_NAMES[code]} for code in profile.options],
        "longitudinal_dates": profile.dates,
        "instances": [{"sop_instance_uid": uid, "sha256": sha} for uid, sha in sorted(instances.items())],
        "refused": dict(sorted(refused.items())),
        "actions": [_row(count, number) for count, number in sorted(counts.items())],
    }
    return {**receipt, "seal": key.seal(canonical(receipt))}


def _row(count: Count, number: int) -> dict[str, Any]:
    tag, action, reason = count
    return {"tag": shown(tag), "keyword": keyword_for_tag(tag), "action": action, "count": number, "reason": reason}


def shown(tag: int) -> str:
    """A tag as people write it: (gggg,eeee)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def canonical(receipt: Mapping[str, Any]) -> bytes:
    """The bytes that are sealed: JSON with sorted keys and no spaces."""
    return json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def verify_receipt(receipt: Mapping[str, Any], key: SiteKey) -> bool:
    """Whether a receipt is whole and was sealed with this key."""
    unsealed = {name: value for name, value in receipt.items() if name != "seal"}
    seal = receipt.get("seal")
    if receipt.get("schema") != SCHEMA or not isinstance(seal, str) or not seal.isascii():
        return False
    return hmac.compare_digest(seal, key.seal(canonical(unsealed)))


def dump_receipt(receipt: Mapping[str, Any]) -> str:
    """A receipt as the text of its file."""
    return json.dumps(receipt, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def load_receipt(text: str) -> Receipt:
    """A receipt from the text of its file.

    Raises:
        ValueError: when it is not a receipt of a schema known here.
    """
    receipt = json.loads(text)
    if not isinstance(receipt, dict) or receipt.get("schema") != SCHEMA:
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
