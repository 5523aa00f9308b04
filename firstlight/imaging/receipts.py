"""Receipts as the server takes them: whose key signed, what they cover, and its own where a site sends none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from firstlight.audit.actions import record
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import Count, Listed, Signer, build_receipt, fault_of, in_base64url
from firstlight.dicom.values import TEXT_VRS
from firstlight.imaging.models import Covered, Instance, Receipt, SigningKey
from firstlight.imaging.policies import can_keep_signing_keys, check_can_keep_signing_keys
from firstlight.imaging.reasons import sentence_for_receipt
from firstlight.imaging.store import digest_of, keep
from firstlight.people.models import Member
from firstlight.rows import rows_of
from firstlight.signing import is_genuine, signer_of

DEIDENTIFIED = 0x00120062
AGREED = "It says itself that it was de-identified, and the server's own look agrees."
TAKEN_OUT = "The server's own look took it out or cleaned it."


@dataclass(frozen=True)
class Cover:
    """What a receipt says of one file: where it belongs, under which profile, and whether its key still counts."""

    study_instance_uid: str
    sop_instance_uid: str
    pixels: str
    profile: Profile
    is_revoked: bool


@transaction.atomic
def take_receipt(document: Mapping[str, Any], *, by: Member, at: datetime) -> Receipt:
    """Keep a site's signed receipt; the instances it lists may then be sent. Raises ValidationError.

    A key seen for the first time is from then on the sender's institution's; the same receipt again changes nothing.
    """
    _check(document)
    key = _key_of(document, by=by, at=at)
    known = Receipt.objects.filter(digest=digest_of(written(document))).first()
    if known:
        return known
    _check_conflicts(document, key)
    receipt = _keep(document, key, by=by, at=at)
    record("receipt.taken", receipt, by=by, at=at, instances=len(document["instances"]))
    return receipt


def _refuse(code: str) -> ValidationError:
    return ValidationError(sentence_for_receipt(code), code=code)


def _check(document: Mapping[str, Any]) -> None:
    fault = fault_of(document)
    if fault:
        raise _refuse(fault)
    if _profile_of(document) is None:
        raise _refuse("receipt-profile-options")
    if not is_genuine(document):
        raise _refuse("receipt-signature")


def _profile_of(document: Mapping[str, Any]) -> Profile | None:
    """The profile under a receipt's options; None where they are none that this server knows."""
    try:
        return Profile.load([option["code"] for option in document["options"]])
    except (ValueError, KeyError):
        return None


def _key_of(document: Mapping[str, Any], *, by: Member, at: datetime) -> SigningKey:
    """The key a receipt is signed with: trusted on first use, and from then on its institution's alone."""
    key, is_new = SigningKey.objects.get_or_create(
        public_key=document["signed_by"],
        defaults={"institution": by.institution, "registered_by": by, "registered_at": at},
    )
    if is_new:
        record("signing_key.registered", key, by=by, at=at, further=bool(further_keys(key)))
    if key.is_ours:
        raise _refuse("receipt-server-key")
    if key.revoked_at is not None:
        raise _refuse("receipt-key-revoked")
    if not _may_use(key, by):
        raise _refuse("receipt-key-elsewhere")
    return key


def _may_use(key: SigningKey, member: Member) -> bool:
    """Whoever registered it, their institution's members, and an administrator who hands in for a site."""
    of_same_institution = key.institution_id is not None and key.institution_id == member.institution_id
    return of_same_institution or key.registered_by_id == member.pk or can_keep_signing_keys(member)


def further_keys(key: SigningKey) -> int:
    """How many other keys in force the same institution has: one machine, one key is what is to be expected."""
    if key.institution_id is None:
        return 0
    others = SigningKey.objects.filter(institution_id=key.institution_id, revoked_at__isnull=True)
    return others.exclude(pk=key.pk).count()


def _check_conflicts(document: Mapping[str, Any], key: SigningKey) -> None:
    """Other content under the same UID is a conflict once it is stored, or when another key vouches for it."""
    listed = {each["sop_instance_uid"]: each["sha256"] for each in document["instances"]}
    former = Covered.objects.filter(sop_instance_uid__in=listed).select_related("receipt")
    differing = [each for each in former if each.sha256 != listed[each.sop_instance_uid]]
    stored = dict(Instance.objects.filter(sop_instance_uid__in=listed).values_list("sop_instance_uid", "stored_object"))
    if any(each.receipt.signing_key_id != key.pk for each in differing):
        raise _refuse("receipt-conflict")
    if any(stored[uid] != listed[uid] for uid in stored):
        raise _refuse("receipt-conflict")


def written(document: Mapping[str, Any]) -> bytes:
    """A receipt as it is kept in the store, under the digest of these bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _keep(document: Mapping[str, Any], key: SigningKey, *, by: Member | None, at: datetime) -> Receipt:
    """Into the store and the index: the store alone must be able to tell what vouches for what."""
    [digest] = keep([written(document)], room="receipts")
    receipt = Receipt.objects.create(
        digest=digest,
        signing_key=key,
        study_instance_uid=document["study_instance_uid"],
        document=document,
        received_at=at,
        received_by=by,
    )
    Covered.objects.bulk_create(Covered(receipt=receipt, **each) for each in document["instances"])
    return receipt


@transaction.atomic
def restore_receipt(content: bytes, *, at: datetime) -> Receipt | None:
    """A receipt of the store into an index that lost it; None for what is no receipt, or whose signature is broken.

    Its key comes back with it, bound to no institution: whoever uses it next, or an administrator, says whose it is.
    """
    document = orjson.loads(content)
    if fault_of(document) or not is_genuine(document):
        return None
    is_ours = document["signed_by"] == in_base64url(server_signer().public_key)
    key, _made = SigningKey.objects.get_or_create(
        public_key=document["signed_by"], defaults={"registered_at": at, "is_ours": is_ours}
    )
    return _keep(document, key, by=None, at=at)


COVERS = """SELECT covered.sha256, receipt.study_instance_uid, covered.sop_instance_uid, covered.pixels, receipt.digest,
    signing_key.revoked_at IS NOT NULL FROM imaging_covered covered
    JOIN imaging_receipt receipt ON receipt.id = covered.receipt_id
    LEFT JOIN imaging_signingkey signing_key ON signing_key.id = receipt.signing_key_id
    WHERE covered.sha256 IN ({places}) ORDER BY covered.id"""


def covers_of(digests: Iterable[str]) -> dict[str, Cover]:
    """What is said of these files by the receipts that list them; a key in force goes before a revoked one."""
    covers: dict[str, Cover] = {}
    for sha256, study, sop, pixels, receipt, is_revoked in rows_of(COVERS, list(set(digests))):
        if sha256 not in covers or covers[sha256].is_revoked:
            covers[sha256] = Cover(study, sop, pixels, _profile_of_receipt(receipt), bool(is_revoked))
    return covers


@lru_cache(64)
def _profile_of_receipt(digest: str) -> Profile:
    """The profile under a receipt's options; a receipt never changes."""
    return _profile_of(Receipt.objects.get(digest=digest).document) or Profile.load()


def server_signer() -> Signer:
    """The server itself, with a key that is made of its secret."""
    return signer_of(SiteKey.from_bytes(b"firstlight server " + settings.SECRET_KEY.encode()))


class Unvouched(NamedTuple):
    """What the server stored on nobody's word but its own look: what it took out, and how many texts it read."""

    sop_instance_uid: str
    sha256: str
    stripped: Sequence[str]
    texts: int


def issue_receipt(study: str, stored: Sequence[Unvouched], *, by: Member | None, at: datetime) -> Receipt:
    """The server's own receipt over instances of one study; the same again is the same."""
    signer = server_signer()
    key, _made = SigningKey.objects.get_or_create(
        public_key=in_base64url(signer.public_key), defaults={"registered_at": at, "is_ours": True}
    )
    counts: Counter[Count] = Counter({(DEIDENTIFIED, "K", AGREED): len(stored)})
    for each in stored:
        counts.update((int(tag, 16), "C", TAKEN_OUT) for tag in each.stripped)
    document = build_receipt(
        study_instance_uid=study,
        profile=Profile.load(),
        signer=signer,
        instances=[Listed(each.sop_instance_uid, each.sha256, "not looked") for each in stored],
        counts=counts,
        refused={},
        texts=sum(each.texts for each in stored),
    )
    known = Receipt.objects.filter(digest=digest_of(written(document))).first()
    if known:
        return known
    receipt = _keep(document, key, by=by, at=at)
    record("receipt.issued", receipt, by=by or "server", at=at, instances=len(stored))
    return receipt


def texts_in(document: Mapping[str, Any]) -> int:
    """How many elements with text a DICOM JSON document holds, at every depth."""
    total = 0
    for element in document.values():
        if element["vr"] == "SQ":
            total += sum(texts_in(item) for item in element.get("Value", []))
        else:
            total += element["vr"] in TEXT_VRS and "Value" in element
    return total


@transaction.atomic
def revoke_key(key: SigningKey, *, why: str, by: Member, at: datetime) -> None:
    """Trust a key no longer: what it signed and is not stored yet, never will be. Raises ValidationError."""
    check_can_keep_signing_keys(by)
    key = SigningKey.objects.select_for_update().get(pk=key.pk)
    if key.is_ours or key.revoked_at is not None:
        raise ValidationError(sentence_for_receipt("receipt-key-settled"))
    key.revoked_at, key.revoked_by, key.revoked_why = at, by, why
    key.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
    record("signing_key.revoked", key, by=by, at=at, receipts=key.receipts.count())
