"""A contributor's files on their way through one worker of a browser: cleaned one by one, put under receipts.

Whom one file of a study names must stand in no other file of it, also where another worker cleaned that one. So a page
with several workers goes on like this once the last file of a study is cleaned, before it asks for receipts:

1. it asks every worker what it `gathered` about the study, and lets every worker `learn` what the others gathered;
2. it asks every worker for what `to_clean_again`, and gives that worker those files once more: nearly always none;
3. it asks for the receipts. What is still to be cleaned again is left out of them.

What is gathered identifies the patient: it goes from worker to worker inside the page and nowhere else.
"""

import json
import pickle
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from firstlight.dicom.deidentify import Decision, Outcome, deidentify_bytes
from firstlight.dicom.identity import NOBODY, Identity
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import DEFAULT, Profile
from firstlight.dicom.receipts import Count, Listed, canonical, counted, unsigned_receipt
from firstlight.dicom.residual import is_told

REMOVING = frozenset("XZ")
CHANGING = frozenset("CDSU")


@dataclass
class _Cleaned:
    """What is known of one instance: its place in a receipt, its source's checksum, what its texts say."""

    listed: Listed
    source: tuple[int, int]
    counts: tuple[tuple[Count, int], ...]
    said: frozenset[str]
    texts: int
    has_receipt: bool = False


@dataclass
class _Study:
    """What one worker knows of a study; refusals are those since its last receipt."""

    cleaned: dict[str, _Cleaned] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    identity: Identity = NOBODY

    def told(self) -> Iterator[str]:
        """The instances in whose texts a word stands that another file of the study tells of."""
        return (uid for uid, each in self.cleaned.items() if is_told(each.said, self.identity))


class Contribution:
    """The studies of one worker; a receipt covers what was cleaned since the study's last one.

    Options are a JSON list of PS3.15 codes, or "" for the default. Raises ValueError for a secret that is too
    short and for options that contradict each other: mistakes of the page, not of a file.
    """

    def __init__(self, secret: bytes, options_json: str = "") -> None:
        self._key = SiteKey.from_bytes(bytes(secret))
        self._profile = Profile.load(json.loads(options_json) if options_json else DEFAULT)
        self._studies: dict[str, _Study] = {}
        self._alike: dict[Any, Any] = {}

    def clean(self, data: bytes) -> dict[str, Any]:
        """One file de-identified: its status, new UIDs, checksum, content and how many elements went or changed.

        `source` tells two files apart and stays in the page: it is computed from what identifies.
        """
        outcome = deidentify_bytes(data, profile=self._profile, key=self._key)
        study = self._studies.setdefault(outcome.study_instance_uid, _Study())
        study.identity |= outcome.identity
        if outcome.status == "done" and is_told(outcome.texts, study.identity):
            outcome = deidentify_bytes(data, profile=self._profile, key=self._key, identity=study.identity)
        source = (len(data), zlib.crc32(data))
        outcome = self._remembered(study, outcome, source)
        pseudonym, _, series, *_ = outcome.path.parts if outcome.path else ("", "", "")
        return {
            "status": outcome.status,
            "reason": outcome.reason,
            "source": f"{source[0]}-{source[1]:08x}",
            "pseudonym": pseudonym,
            "study_instance_uid": outcome.study_instance_uid,
            "series_instance_uid": series,
            "sop_instance_uid": outcome.sop_instance_uid,
            "sha256": outcome.sha256,
            "removed": _having(outcome.decisions, REMOVING),
            "changed": _having(outcome.decisions, CHANGING),
            "content": outcome.content,
        }

    def _remembered(self, study: _Study, outcome: Outcome, source: tuple[int, int]) -> Outcome:
        known = study.cleaned.get(outcome.sop_instance_uid)
        if outcome.status == "done" and known is not None and known.source != source:
            outcome = Outcome("refused", "conflict", study_instance_uid=outcome.study_instance_uid)
        if outcome.status != "done":
            study.refused[outcome.reason] += 1
        elif known is None or known.listed.sha256 != outcome.sha256:
            study.cleaned[outcome.sop_instance_uid] = _Cleaned(
                Listed(outcome.sop_instance_uid, outcome.sha256, outcome.pixels),
                source,
                self._shared(tuple(sorted(counted(outcome.decisions).items()))),
                self._shared(outcome.texts),
                outcome.scan,
            )
        return outcome

    def _shared(self, value: Any) -> Any:
        """The same object for equal ones: the headers of a series are nearly alike."""
        return self._alike.setdefault(value, value)

    def gathered(self, study_instance_uid: str) -> bytes:
        """Whom the files of a study are about that this worker cleaned; for the page's other workers alone."""
        study = self._studies.get(study_instance_uid)
        return pickle.dumps(study.identity if study else NOBODY)

    def learn(self, study_instance_uid: str, gathered: bytes) -> None:
        """Take in what another worker of the same page gathered about a study."""
        study = self._studies.setdefault(study_instance_uid, _Study())
        study.identity |= pickle.loads(bytes(gathered))  # noqa: S301 - the page's own workers made it

    def to_clean_again(self, study_instance_uid: str) -> list[str]:
        """New SOP Instance UIDs of files that hold a word which another file of their study tells of."""
        study = self._studies.get(study_instance_uid)
        return sorted(study.told()) if study else []

    def forget(self, study_instance_uid: str, sop_instance_uid: str) -> None:
        """Leave out an instance that another worker of the same page has cleaned as well."""
        self._studies[study_instance_uid].cleaned.pop(sop_instance_uid, None)

    def signing_seed(self) -> bytes:
        """The 32 bytes of the site's Ed25519 key: the browser's own cryptography signs with it."""
        return self._key.signing_seed()

    def receipt(self, study_instance_uid: str, signed_by: str) -> str:
        """The receipt of what is not yet under one, as the JSON text that is signed; "" where there is nothing.

        `signed_by` is the public key in base64url. The text with its signature added is the receipt.
        """
        study = self._studies.get(study_instance_uid, _Study())
        told = {*study.told()}
        covered = [each for uid, each in study.cleaned.items() if not each.has_receipt and uid not in told]
        if not covered:
            return ""
        receipt = unsigned_receipt(
            study_instance_uid=study_instance_uid,
            profile=self._profile,
            signed_by=signed_by,
            instances=[each.listed for each in covered],
            counts=_total(covered),
            refused=study.refused,
            texts=sum(each.texts for each in covered),
        )
        study.refused = Counter()
        for each in covered:
            each.has_receipt = True
        return canonical(receipt).decode()


def _total(covered: list[_Cleaned]) -> Counter[Count]:
    total: Counter[Count] = Counter()
    for counts, times in Counter(each.counts for each in covered).items():
        for count, number in counts:
            total[count] += number * times
    return total


def _having(decisions: tuple[Decision, ...], actions: frozenset[str]) -> int:
    return sum(decision.action in actions for decision in decisions)
