"""Stored instances on their way to a peer: the data set as it lies, or in a plain encoding where the peer wants it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import SEEK_CUR, BytesIO
from typing import BinaryIO, NamedTuple

from pydicom import dcmread

from firstlight.dimse.associations import Association
from firstlight.dimse.requesting import store
from firstlight.dimse.syntaxes import EXPLICIT_LITTLE, PLAIN
from firstlight.dimse.terms import Context
from firstlight.imaging import store as depository
from firstlight.imaging.dimse.identifiers import BadIdentifier, written_data_set
from firstlight.imaging.rules.encodings import NotEncodable
from firstlight.imaging.rules.transcoding import transcoded

PREAMBLE, META = 132, b"\x02\x00"
PIECE = 1 << 17
LONG_VRS = frozenset({b"OB", b"OW", b"UN", b"SQ", b"UT", b"OF", b"OD", b"OL", b"OV", b"UC", b"UR"})


class Kept(NamedTuple):
    """What has to be known of a stored instance to send it."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    stored_object: str


class NotSendable(Exception):
    """The peer takes it in no encoding that it can be put into."""


def proposals(instances: Iterable[Kept]) -> list[tuple[str, tuple[str, ...]]]:
    """Contexts to propose: each class as it is stored, in every syntax by itself, and in the plain ones."""
    as_stored = sorted({(each.sop_class_uid, each.transfer_syntax_uid) for each in instances})
    classes = sorted({sop_class for sop_class, _ in as_stored})
    return [
        *((sop_class, (syntax,)) for sop_class, syntax in as_stored),
        *((sop_class, (plain,)) for sop_class in classes for plain in PLAIN if (sop_class, plain) not in as_stored),
    ]


def send(association: Association, kept: Kept, *, originator: tuple[str, int] | None = None, to_scp: bool) -> int:
    """C-STORE one instance; the peer's status. Raises NotSendable, Gone, Broken, Aborted.

    `to_scp`: the peer has asked for the association and takes the SCP's role in it, as in C-GET.
    """
    context = _context(association, kept, to_scp=to_scp)
    with _encoded(kept, context.transfer_syntax) as pieces:
        return store(association, context, pieces, sop_instance_uid=kept.sop_instance_uid, originator=originator)


def _context(association: Association, kept: Kept, *, to_scp: bool) -> Context:
    fitting = [
        each
        for each in association.contexts.values()
        if each.abstract_syntax == kept.sop_class_uid and (each.as_scp or not to_scp)
    ]
    for wanted in (kept.transfer_syntax_uid, *PLAIN):
        for each in fitting:
            if each.transfer_syntax == wanted:
                return each
    raise NotSendable


@contextmanager
def _encoded(kept: Kept, transfer_syntax_uid: str) -> Iterator[Iterable[bytes]]:
    """The data set in that encoding; of one as it is stored a piece is read when it is sent."""
    source = depository.source(kept.stored_object)
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        if transfer_syntax_uid == kept.transfer_syntax_uid:
            pass_over_meta(file)
            yield iter(partial(file.read, PIECE), b"")
        else:
            yield (recoded(file, transfer_syntax_uid),)


def pass_over_meta(file: BinaryIO) -> None:
    """Read on to where the data set begins (PS3.10 7.1). Raises NotSendable."""
    if file.read(PREAMBLE)[-4:] != b"DICM":
        raise NotSendable
    while len(head := file.read(8)) == 8 and head[:2] == META:
        length = int.from_bytes(file.read(4) if head[4:6] in LONG_VRS else head[6:8], "little")
        file.seek(length, SEEK_CUR)
    file.seek(-len(head), SEEK_CUR)


def recoded(file: BinaryIO, transfer_syntax_uid: str) -> bytes:
    """The data set of a file in a plain encoding, its pixels decompressed. Raises NotSendable."""
    try:
        plain = BytesIO(transcoded(file.read(), EXPLICIT_LITTLE))
        if transfer_syntax_uid == EXPLICIT_LITTLE:
            pass_over_meta(plain)
            return plain.read()
        return written_data_set(dcmread(plain), transfer_syntax_uid)
    except (NotEncodable, BadIdentifier):
        raise NotSendable from None
