"""The door for a contributor's browser: plain types in, plain types out, nothing leaves but the result."""

import json
from collections import Counter
from typing import Any

from pydicom.datadict import keyword_for_tag

from firstlight.dicom.deidentify import SENTENCES, Decision, deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import DEFAULT, Profile
from firstlight.dicom.receipts import build_receipt, counted, dump_receipt, shown


def deidentify_for_browser(data: bytes, secret: bytes, options_json: str = "") -> dict[str, Any]:
    """One file de-identified, as a dictionary a Web Worker can post; bad input is an answer, not an exception.

    Options are a JSON list of PS3.15 codes, or "" for the default. A secret that is too short, or options that
    are not available, raise ValueError: these are mistakes of the page, not of a file.
    """
    profile = Profile.load(json.loads(options_json) if options_json else DEFAULT)
    outcome = deidentify_bytes(bytes(data), profile=profile, key=SiteKey.from_bytes(bytes(secret)))
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        "message": SENTENCES.get(outcome.reason, ""),
        "content": outcome.content,
        "path": str(outcome.path) if outcome.path else "",
        "study_instance_uid": outcome.study_instance_uid,
        "sop_instance_uid": outcome.sop_instance_uid,
        "sha256": outcome.sha256,
        "actions": dict(sorted(Counter(decision.action for decision in outcome.decisions).items())),
        "decisions": [_plain(decision) for decision in outcome.decisions],
    }


def _plain(decision: Decision) -> dict[str, Any]:
    return {
        "tag": shown(decision.tag),
        "keyword": keyword_for_tag(decision.tag),
        "action": decision.action,
        "reason": decision.reason,
        "path": [shown(tag) for tag in decision.path],
    }


def receipt_for_browser(results_json: str, secret: bytes, options_json: str = "") -> str:
    """The receipt of one study, as JSON, from the answers of `deidentify_for_browser` without their content."""
    results = json.loads(results_json)
    done = [result for result in results if result["status"] == "done"]
    decisions = (_decision(row) for result in done for row in result["decisions"])
    receipt = build_receipt(
        study_instance_uid=done[0]["study_instance_uid"] if done else "",
        profile=Profile.load(json.loads(options_json) if options_json else DEFAULT),
        key=SiteKey.from_bytes(bytes(secret)),
        instances={result["sop_instance_uid"]: result["sha256"] for result in done},
        counts=counted(decisions),
        refused=Counter(result["reason"] for result in results if result["status"] == "refused"),
    )
    return dump_receipt(receipt)


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(int(row["tag"][1:5] + row["tag"][6:10], 16), row["action"], row["reason"])
