"""A contributor's files on their way through one worker of a browser: cleaned one by one, put under receipts."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from firstlight.dicom.deidentify import Decision, Outcome, deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import DEFAULT, Profile
from firstlight.dicom.receipts import Count, build_receipt, counted

REMOVING = frozenset("XZ")
CHANGING = frozenset("CDSU")


@dataclass
class _Study:
    """What is known of a study since its last receipt."""

    instances: dict[str, str] = field(default_factory=dict)
    counts: Counter[Count] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Contribution:
    """The studies of one worker; a receipt covers what was cleaned since the study's last one.

    Options are a JSON list of PS3.15 codes, or "" for the default. Raises ValueError for a secret that is too
    short and for options that are not available: mistakes of the page, not of a file.
    """

    def __init__(self, secret: bytes, options_json: str = "") -> None:
        self._key = SiteKey.from_bytes(bytes(secret))
        self._profile = Profile.load(json.loads(options_json) if options_json else DEFAULT)
        self._studies: dict[str, _Study] = {}
        self._digests: dict[str, str] = {}

    def clean(self, data: bytes) -> dict[str, Any]:
        """One file de-identified: its status, new UIDs, checksum, content and how many elements went or changed."""
        outcome = deidentify_bytes(data, profile=self._profile, key=self._key)
        if outcome.status == "done" and self._digests.get(outcome.sop_instance_uid, outcome.sha256) != outcome.sha256:
            outcome = Outcome("refused", "conflict", study_instance_uid=outcome.study_instance_uid)
        self._remember(outcome)
        return {
            "status": outcome.status,
            "reason": outcome.reason,
            "study_instance_uid": outcome.study_instance_uid,
            "sop_instance_uid": outcome.sop_instance_uid,
            "sha256": outcome.sha256,
            "removed": _having(outcome.decisions, REMOVING),
            "changed": _having(outcome.decisions, CHANGING),
            "content": outcome.content,
        }

    def _remember(self, outcome: Outcome) -> None:
        study = self._studies.setdefault(outcome.study_instance_uid, _Study())
        if outcome.status != "done":
            study.refused[outcome.reason] += 1
        elif outcome.sop_instance_uid not in study.instances:
            self._digests[outcome.sop_instance_uid] = outcome.sha256
            study.instances[outcome.sop_instance_uid] = outcome.sha256
            study.counts += counted(outcome.decisions)

    def receipt(self, study_instance_uid: str) -> str:
        """The sealed receipt of what is not yet under one, as JSON; "" where there is nothing."""
        study = self._studies.get(study_instance_uid)
        if study is None or not study.instances:
            return ""
        del self._studies[study_instance_uid]
        receipt = build_receipt(
            study_instance_uid=study_instance_uid,
            profile=self._profile,
            key=self._key,
            instances=study.instances,
            counts=study.counts,
            refused=study.refused,
        )
        return json.dumps(receipt)


def _having(decisions: tuple[Decision, ...], actions: frozenset[str]) -> int:
    return sum(decision.action in actions for decision in decisions)
