"""De-identification: every element of an instance meets the profile, and what no row keeps, goes."""

import hashlib
import io
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from firstlight.dicom.cleaning import CLEAN_FACES, CLEAN_PIXELS, DUMMIES, OWN, Cleaner, foreign_code
from firstlight.dicom.decisions import REFUSALS, SENTENCES, Decision, Refused
from firstlight.dicom.encoding import EXPLICIT_LITTLE, encoded_file
from firstlight.dicom.identity import NOBODY, Identity, identity_of
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.kinds import NOT_LOOKED, doubts, judge
from firstlight.dicom.korean_letters import in_its_own_letters
from firstlight.dicom.pixels import PixelReader
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import pixel_element, take_apart, text
from firstlight.dicom.residual import is_told, letters_in, texts_of
from firstlight.dicom.siblings import done_like_a_sibling, remember
from firstlight.dicom.structure import PIXEL_DATA, Buffer, Elements, Instance, Unreadable, Value
from firstlight.dicom.values import character_sets

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

__all__ = [
    "DUMMIES", "OWN", "REFUSALS", "SENTENCES", "Decision", "Deidentified", "Outcome", "Refused", "deidentify",
    "deidentify_bytes", "deidentify_chunks", "doubts", "foreign_code", "identity_under", "judge",
]  # fmt: skip

COVERED = "Text in the pixels was blacked out."
RETAINING = frozenset({"113109", "113110", "113112"})


@dataclass(frozen=True)
class Deidentified:
    """A de-identified data set and every decision that made it."""

    dataset: "FileDataset"
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one file: "done" with its new bytes and name, or "refused" with a reason; UIDs are new ones.

    `pixels` is "clear", "covered", "confirmed" (by a person) or "not looked", for kinds that need no look.
    `scan` is how many texts of the finished output were searched for the people and numbers it is about: those of
    `identity`, the object's own. `texts` are the output's texts, to be searched again when more of the study is known.
    """

    status: str
    reason: str = ""
    content: bytes | None = field(default=None, repr=False)
    path: PurePosixPath | None = None
    decisions: tuple[Decision, ...] = ()
    study_instance_uid: str = ""
    sop_instance_uid: str = ""
    sha256: str = ""
    pixels: str = NOT_LOOKED
    scan: int = 0
    identity: Identity = field(default=NOBODY, repr=False)
    texts: frozenset[str] = field(default=frozenset(), repr=False)


def deidentify(
    dataset: "FileDataset",
    *,
    profile: Profile,
    key: SiteKey,
    identity: Identity = NOBODY,
    pixels: PixelReader | None = None,
) -> Deidentified:
    """A new data set with what the profile lets stay; the given one is left as it is.

    Raises:
        Refused: when the object is of a kind, or in a state, that has to be kept back.
        Unreadable: when it does not make a valid DICOM file.
    """
    from firstlight.dicom.datasets import dcmwrite, read_instance

    file = io.BytesIO()
    try:
        dcmwrite(file, dataset, enforce_file_format=True)
    except Exception:  # noqa: BLE001 - pydicom's own message may quote a value: only the reason may leave
        raise Unreadable("damaged") from None
    chunks, result = _deidentified(file.getvalue(), profile, key, identity, pixels)
    return Deidentified(read_instance(b"".join(chunks)), result.decisions)


def deidentify_bytes(
    data: bytes, *, profile: Profile, key: SiteKey, identity: Identity = NOBODY, pixels: PixelReader | None = None
) -> Outcome:
    """De-identify one file held in memory; bad input is an outcome, never an exception."""
    outcome, chunks = deidentify_chunks(data, profile=profile, key=key, identity=identity, pixels=pixels)
    return replace(outcome, content=b"".join(chunks)) if outcome.status == "done" else outcome


def deidentify_chunks(
    data: Buffer, *, profile: Profile, key: SiteKey, identity: Identity = NOBODY, pixels: PixelReader | None = None
) -> tuple[Outcome, list[Value]]:
    """Like `deidentify_bytes`, with the content as chunks, so that pixel data is never copied.

    `identity` is what is known of the whole study beforehand; `pixels` looks at kinds that may carry text.
    """
    try:
        chunks, outcome = _deidentified(data, profile, key, identity, pixels)
    except (Unreadable, Refused) as error:
        return _refusal(data, error.reason, profile, key), []
    except MemoryError:
        return Outcome("refused", "too-large"), []
    except Exception:  # noqa: BLE001 - fail closed: what was not foreseen is kept back, and its message with it
        return Outcome("refused", "damaged"), []
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return replace(outcome, sha256=digest.hexdigest()), chunks


def _refusal(data: Buffer, reason: str, profile: Profile, key: SiteKey) -> Outcome:
    """A refusal; of a readable object it is still known whom it is about, for the others of its study."""
    try:
        elements = take_apart(data).elements
    except Unreadable:
        return Outcome("refused", reason)
    study = key.uid(text(elements, 0x0020000D))
    return Outcome("refused", reason, study_instance_uid=study, identity=identity_under(profile, elements))


def identity_under(profile: Profile, elements: Elements) -> Identity:
    """Whom an object is about, but for what the chosen options retain on purpose."""
    if RETAINING.isdisjoint(profile.options):
        return identity_of(elements)
    return identity_of(_not_retained(profile, elements))


def _not_retained(profile: Profile, elements: Elements) -> Elements:
    retained = {tag for tag in elements if tag >> 16 != 0x0010 and profile.rule(tag).action == "K"}
    result = {tag: element for tag, element in elements.items() if tag not in retained or element.items is not None}
    for tag, element in result.items():
        if element.items is not None:
            result[tag] = element._replace(items=tuple(_not_retained(profile, item) for item in element.items))
    return result


def _deidentified(
    data: Buffer, profile: Profile, key: SiteKey, identity: Identity, reader: PixelReader | None
) -> tuple[list[Value], Outcome]:
    done = done_like_a_sibling(data, profile, key, identity)
    return _from_its_beginning(data, profile, key, identity, reader) if done is None else done


def _from_its_beginning(
    data: Buffer, profile: Profile, key: SiteKey, identity: Identity, reader: PixelReader | None
) -> tuple[list[Value], Outcome]:
    instance = take_apart(data)
    own = identity_under(profile, instance.elements)
    wish = judge(instance)
    _check_faces(instance, profile)
    instance, word, covered = looked_at(
        instance, wish, own | identity, reader if CLEAN_PIXELS in profile.options else None
    )
    cleaner = Cleaner(instance, profile, key, own | identity)
    elements = cleaner.cleaned(instance.elements, (), character_sets(instance.elements.get(0x00080005)))
    if covered:
        cleaner.decisions.append(Decision(PIXEL_DATA, "C", COVERED))
    has_pixels = pixel_element(instance) is not None
    cleaner.mark(elements, pixels_are_clean=not wish or word != NOT_LOOKED, has_pixels=has_pixels)
    outcome = replace(_outcome(elements, cleaner, own), pixels=word)
    elements = in_its_own_letters(elements, instance.elements)
    if not wish:
        remember(data, instance, cleaner, elements, identity, outcome)
    return _encoded(elements, instance), outcome


def looked_at(
    instance: Instance, wish: str, identity: Identity, reader: PixelReader | None
) -> tuple[Instance, str, bool]:
    """The instance with text in its pixels gone, what was seen, and whether something was covered.

    Raises:
        Refused: when its pixels need a look and nobody could look, or who looked was in doubt.
    """
    if not wish or (reader is None and wish == "wanted"):
        return instance, NOT_LOOKED, False
    if reader is None:
        raise Refused(wish)
    verdict = reader(instance, identity)
    if verdict.word == "doubtful":
        raise Refused("doubtful-pixels")
    word = "confirmed" if verdict.confirmed else verdict.word
    return verdict.instance, word, verdict.word == "covered"


def _check_faces(instance: Instance, profile: Profile) -> None:
    """Under Clean Recognizable Visual Features only what is said to show no face may leave, PS3.15 E.3.2."""
    if CLEAN_FACES not in profile.options or pixel_element(instance) is None:
        return
    if text(instance.elements, 0x00280302) != "NO":
        raise Refused("visual-features")


def _outcome(elements: Elements, cleaner: Cleaner, own: Identity) -> Outcome:
    """The outcome of a finished object, whose texts are searched once more.

    Raises:
        Refused: when a word of the identity is still in one of them.
    """
    texts = [*texts_of(elements, OWN)]
    if is_told({*texts}, cleaner.identity) or is_told(letters_in(elements), cleaner.identity):
        raise Refused("residual")
    study, series, sop_instance = (text(elements, tag) for tag in (0x0020000D, 0x0020000E, 0x00080018))
    path = PurePosixPath(cleaner.pseudonym, study, series, f"{sop_instance}.dcm")
    return Outcome(
        "done", "", None, path, tuple(cleaner.decisions), study, sop_instance,
        scan=len(texts), identity=own, texts=frozenset(texts),
    )  # fmt: skip


def _encoded(elements: Elements, instance: Instance) -> list[Value]:
    sop_class, sop_instance = (text(elements, tag) for tag in (0x00080016, 0x00080018))
    native = instance.deflated or not instance.encoding.little
    syntax = EXPLICIT_LITTLE if native else instance.transfer_syntax_uid
    return encoded_file(elements, syntax, instance.encoding, sop_class, sop_instance)
