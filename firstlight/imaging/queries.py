from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext

from firstlight.imaging.models import Held, Receipt, Study
from firstlight.outbreaks.models import Outbreak


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
class Account:
    """What a study's receipts say together: the profile, its options, and what was done to which tag."""

    profile: str
    options: list[dict[str, str]]
    instances: int
    refused: int
    rows: list[dict[str, Any]]


def account_of(study: Study) -> Account | None:
    """The receipts of a study as one account, without what was merely kept; None where none was handed in."""
    documents = [
        each.document for each in Receipt.objects.filter(study_instance_uid=study.study_instance_uid) if each.document
    ]
    if not documents:
        return None
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for document in documents:
        for row in document.get("actions", []):
            if row["action"] != "K":
                counts[row["tag"], row["keyword"], row["action"], row["reason"]] += row["count"]
    return Account(
        profile=str(documents[0].get("profile", "")),
        options=documents[0].get("options", []),
        instances=len({each["sop_instance_uid"] for document in documents for each in document["instances"]}),
        refused=sum(sum(document.get("refused", {}).values()) for document in documents),
        rows=[
            {"tag": tag, "keyword": keyword, "action": action, "reason": reason, "count": number}
            for (tag, keyword, action, reason), number in sorted(counts.items())
        ],
    )
