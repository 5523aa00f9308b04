from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import ngettext

from firstlight.imaging.models import Held, Receipt, SigningKey, Study
from firstlight.outbreaks.models import Outbreak
from firstlight.signing import is_genuine


def images_of(outbreak: Outbreak) -> list[str]:
    """What of the depository hangs on an outbreak, in sentences."""
    studies, held = (model.objects.filter(outbreak=outbreak).count() for model in (Study, Held))
    sentences = []
    if studies:
        sentences.append(
            ngettext("%(count)d study belongs to it.", "%(count)d studies belong to it.", studies) % {"count": studies}
        )
    if held:
        sentences.append(
            ngettext("%(count)d held file belongs to it.", "%(count)d held files belong to it.", held) % {"count": held}
        )
    return sentences


@dataclass(frozen=True)
class Signed:
    """One receipt for a reader: who signed it and when it came, and whether its signature verifies today."""

    received_at: datetime
    key: SigningKey | None
    is_genuine: bool

    @property
    def state(self) -> str:
        """In one word: former (it had no signature yet), broken, revoked, ours or verified."""
        if self.key is None:
            return "former"
        if not self.is_genuine:
            return "broken"
        if self.key.revoked_at is not None:
            return "revoked"
        return "ours" if self.key.is_ours else "verified"


@dataclass(frozen=True)
class Account:
    """What a study's receipts say together: profile, options, pixels, second look, and what was done to which tag."""

    profile: str
    options: list[dict[str, str]]
    instances: int
    refused: int
    rows: list[dict[str, Any]]
    pixels: dict[str, int]
    texts: int | None
    signed: list[Signed]


def receipts_of(study: Study) -> list[Receipt]:
    """A study's receipts, in the order they came."""
    found = Receipt.objects.filter(study_instance_uid=study.study_instance_uid).select_related(
        "signing_key__institution"
    )
    return [each for each in found if each.document]


def account_of(study: Study) -> Account | None:
    """The receipts of a study as one account, without what was merely kept; None where there is none."""
    receipts = receipts_of(study)
    if not receipts:
        return None
    documents = [each.document for each in receipts]
    scans = [document["scan"]["texts"] for document in documents if "scan" in document]
    pixels = {each["sop_instance_uid"]: each["pixels"] for document in documents for each in document["instances"]
              if "pixels" in each}  # fmt: skip
    return Account(
        profile=str(documents[0].get("profile", "")),
        options=documents[0].get("options", []),
        instances=len({each["sop_instance_uid"] for document in documents for each in document["instances"]}),
        refused=sum(sum(document.get("refused", {}).values()) for document in documents),
        rows=_rows(documents),
        pixels=dict(Counter(pixels.values())),
        texts=sum(scans) if scans else None,
        signed=[Signed(each.received_at, each.signing_key, is_genuine(each.document)) for each in receipts],
    )


def _rows(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes of several receipts, counted together."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for row in (row for document in documents for row in document.get("actions", []) if row["action"] != "K"):
        counts[row["tag"], row["keyword"], row["action"], row["reason"]] += row["count"]
    return [
        {"tag": tag, "keyword": keyword, "action": action, "reason": reason, "count": number}
        for (tag, keyword, action, reason), number in sorted(counts.items())
    ]


def signing_keys() -> list[tuple[SigningKey, bool]]:
    """Every key with its receipts counted, and whether its institution has another one in force beside it."""
    keys = list(
        SigningKey.objects.select_related("institution", "registered_by", "revoked_by").annotate(
            receipt_count=Count("receipts")
        )
    )
    in_force: Counter[int | None] = Counter(
        key.institution_id for key in keys if key.institution_id and key.revoked_at is None
    )
    return [(key, key.revoked_at is None and in_force[key.institution_id] > 1) for key in keys]


PIXEL_REASONS = ("doubtful-pixels", "burned-in-annotation")


def is_held_for_pixels(held: Held) -> bool:
    """Whether a person who looks can let a held image in: its bytes are here, and only its pixels are in doubt."""
    reasons = {held.reason, *held.tags} - {"scan-differs"}
    return held.kept and held.state == Held.State.HELD and bool(reasons) and reasons <= {*PIXEL_REASONS}
