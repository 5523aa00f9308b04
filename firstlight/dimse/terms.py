"""Under which terms an association stands (PS3.7 annex D, PS3.8 9.3.2 and 9.3.3): read and written by pynetdicom."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext

from firstlight.dicom.encoding import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from firstlight.dimse.wire import INVALID_PARAMETER, Broken

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
ACCEPTED, USER_REJECTION, NO_ABSTRACT_SYNTAX, NO_TRANSFER_SYNTAX = 0, 1, 3, 4


@dataclass(frozen=True)
class Offered:
    """What is accepted for an abstract syntax: transfer syntaxes, and which roles the requestor may have in it."""

    transfer_syntaxes: Collection[str]
    as_scu: bool = True
    as_scp: bool = False


@dataclass(frozen=True)
class Context:
    """A presentation context that both agreed on, and the roles of the requestor in it."""

    number: int
    abstract_syntax: str
    transfer_syntax: str
    as_scu: bool = True
    as_scp: bool = False


@dataclass(frozen=True)
class Proposed:
    """An association as it is asked for; roles are (SCU, SCP) of the requestor by SOP class."""

    calling: str
    called: str
    contexts: tuple[tuple[int, str, tuple[str, ...]], ...]
    roles: Mapping[str, tuple[bool, bool]]
    largest_pdu: int


@dataclass(frozen=True)
class Rejection:
    """Why an association is not entered (PS3.8 table 9-21): result, source, reason."""

    result: int
    source: int
    reason: int


CALLING_NOT_RECOGNIZED = Rejection(1, 1, 3)
CALLED_NOT_RECOGNIZED = Rejection(1, 1, 7)
NO_CONTEXT_AGREED = Rejection(1, 1, 1)
TOO_MANY = Rejection(2, 3, 2)
NOT_NOW = Rejection(2, 3, 1)


def read_request(content: bytes) -> Proposed:
    """What an A-ASSOCIATE-RQ asks for. Raises Broken."""
    asked = _primitive(A_ASSOCIATE_RQ(), 1, content)
    try:
        return Proposed(
            calling=str(asked.calling_ae_title).strip(),
            called=str(asked.called_ae_title).strip(),
            contexts=tuple(
                (int(each.context_id), str(each.abstract_syntax), tuple(map(str, each.transfer_syntax)))
                for each in asked.presentation_context_definition_list
            ),
            roles=_roles(asked.user_information),
            largest_pdu=_largest_pdu(asked.user_information),
        )
    except (TypeError, ValueError, AttributeError):
        raise Broken(INVALID_PARAMETER) from None


def read_acceptance(content: bytes, asked: Proposed) -> tuple[list[Context], int]:
    """The contexts that an A-ASSOCIATE-AC agrees to, and the largest PDU its sender takes. Raises Broken."""
    answer = _primitive(A_ASSOCIATE_AC(), 2, content)
    abstract = {number: syntax for number, syntax, _ in asked.contexts}
    try:
        agreed = [
            Context(int(each.context_id), abstract[int(each.context_id)], str(each.transfer_syntax[0]))
            for each in answer.presentation_context_definition_results_list
            if each.result == ACCEPTED and each.context_id in abstract
        ]
        return agreed, _largest_pdu(answer.user_information)
    except (TypeError, ValueError, AttributeError, IndexError):
        raise Broken(INVALID_PARAMETER) from None


def _primitive(pdu: Any, kind: int, content: bytes) -> Any:
    """pynetdicom's reading of a PDU; its exceptions are as many as the ways in which bytes can be wrong."""
    try:
        pdu.decode(bytes((kind, 0)) + len(content).to_bytes(4) + content)
        return pdu.to_primitive()
    except Exception:  # noqa: BLE001 - whatever it stumbles over, the peer is told that its PDU is broken
        raise Broken(INVALID_PARAMETER) from None


def _roles(user_information: Iterable[Any]) -> dict[str, tuple[bool, bool]]:
    items = (each for each in user_information if isinstance(each, SCP_SCU_RoleSelectionNegotiation))
    return {str(each.sop_class_uid): (bool(each.scu_role), bool(each.scp_role)) for each in items}


def _largest_pdu(user_information: Iterable[Any]) -> int:
    for each in user_information:
        if isinstance(each, MaximumLengthNotification):
            return int(each.maximum_length_received or 0)
    return 0


def agree(asked: Proposed, offers: Mapping[str, Offered]) -> tuple[list[Context], dict[int, int]]:
    """The contexts agreed on, each in the first transfer syntax the requestor names that is taken, and all results."""
    agreed: list[Context] = []
    results: dict[int, int] = {}
    for number, abstract, syntaxes in asked.contexts:
        offer = offers.get(abstract)
        if offer is None or number in results:
            results.setdefault(number, NO_ABSTRACT_SYNTAX)
            continue
        syntax = next((each for each in syntaxes if each in offer.transfer_syntaxes), None)
        as_scu, as_scp = _roles_in(asked, abstract, offer)
        if not as_scu and not as_scp:
            results[number] = USER_REJECTION
        elif syntax is None:
            results[number] = NO_TRANSFER_SYNTAX
        else:
            results[number] = ACCEPTED
            agreed.append(Context(number, abstract, syntax, as_scu, as_scp))
    return agreed, results


def _roles_in(asked: Proposed, abstract: str, offer: Offered) -> tuple[bool, bool]:
    """The requestor's roles; where it cannot be SCP its wish goes unanswered, and it is SCU (PS3.7 D.3.3.4)."""
    if not offer.as_scp or abstract not in asked.roles:
        return offer.as_scu, False
    wants_scu, wants_scp = asked.roles[abstract]
    return wants_scu and offer.as_scu, wants_scp


def written_acceptance(
    asked: Proposed, agreed: Sequence[Context], results: Mapping[int, int], *, largest_pdu: int
) -> bytes:
    """The content of an A-ASSOCIATE-AC."""
    by_number = {each.number: each for each in agreed}
    answer = A_ASSOCIATE()
    answer.application_context_name = APPLICATION_CONTEXT
    answer.calling_ae_title, answer.called_ae_title = asked.calling, asked.called
    answer.result, answer.result_source = 0, 1
    answer.presentation_context_definition_results_list = [
        _result(number, by_number.get(number), results[number], syntaxes)
        for number, _abstract, syntaxes in asked.contexts
    ]
    answer.user_information = [*_about_us(largest_pdu), *_agreed_roles(asked, agreed)]
    return bytes(A_ASSOCIATE_AC(answer).encode())[6:]


def _result(number: int, context: Context | None, result: int, syntaxes: Sequence[str]) -> PresentationContext:
    found = PresentationContext()
    found.context_id = number
    found.result = result
    found.transfer_syntax = [UID(context.transfer_syntax if context else syntaxes[0])]
    return found


def _agreed_roles(asked: Proposed, agreed: Sequence[Context]) -> list[SCP_SCU_RoleSelectionNegotiation]:
    """The roles that are not what they would be without a word."""
    roles = {each.abstract_syntax: each.as_scu for each in agreed if each.as_scp}
    return [_role(uid, scu=scu, scp=True) for uid, scu in sorted(roles.items()) if uid in asked.roles]


def _role(sop_class_uid: str, *, scu: bool, scp: bool) -> SCP_SCU_RoleSelectionNegotiation:
    role = SCP_SCU_RoleSelectionNegotiation()
    role.sop_class_uid = UID(sop_class_uid)
    role.scu_role, role.scp_role = scu, scp
    return role


def written_request(asked: Proposed) -> bytes:
    """The content of an A-ASSOCIATE-RQ."""
    request = A_ASSOCIATE()
    request.application_context_name = APPLICATION_CONTEXT
    request.calling_ae_title, request.called_ae_title = asked.calling, asked.called
    request.presentation_context_definition_list = [_context(*each) for each in asked.contexts]
    roles = [_role(uid, scu=scu, scp=scp) for uid, (scu, scp) in asked.roles.items()]
    request.user_information = [*_about_us(asked.largest_pdu), *roles]
    return bytes(A_ASSOCIATE_RQ(request).encode())[6:]


def _context(number: int, abstract: str, syntaxes: Sequence[str]) -> PresentationContext:
    found = PresentationContext()
    found.context_id = number
    found.abstract_syntax = UID(abstract)
    found.transfer_syntax = [UID(each) for each in syntaxes]
    return found


def _about_us(largest_pdu: int) -> list[Any]:
    length, uid = MaximumLengthNotification(), ImplementationClassUIDNotification()
    version = ImplementationVersionNameNotification()
    length.maximum_length_received = largest_pdu
    uid.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    return [length, uid, version]
