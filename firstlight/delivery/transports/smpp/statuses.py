"""What a message centre's command status means for a message (SMPP 3.4, 5.1.3)."""

from smpplib import consts

from firstlight.delivery.rules.messages import Answer

_NAMES: dict[int, str] = {
    value: name.removeprefix("SMPP_") for name, value in vars(consts).items() if name.startswith("SMPP_ESME_R")
}
_WORDS: dict[int, str] = consts.DESCRIPTIONS

_THROTTLED = frozenset({"ESME_RTHROTTLED"})

# What is wrong with this message or with this person's number, and will be tomorrow.
_NEVER = frozenset(
    {
        "ESME_RINVMSGLEN",
        "ESME_RINVDSTADR",
        "ESME_RINVDSTTON",
        "ESME_RINVDSTNPI",
        "ESME_RINVNUMDESTS",
        "ESME_RINVEXPIRY",
        "ESME_RX_P_APPN",
        "ESME_RX_R_APPN",
    }
)


def answer_of(status: int) -> Answer:
    """What to do with a message that got this status.

    A full queue, a system error and a status that only this carrier knows may pass. So may a complaint about our own
    setting, such as a sender that is not registered: when it is corrected, or by the second carrier.
    """
    name = _NAMES.get(status)
    if status == consts.SMPP_ESME_ROK:
        return Answer.TAKEN
    if name in _THROTTLED:
        return Answer.THROTTLED
    return Answer.NEVER if name in _NEVER else Answer.AGAIN


def words_of(status: int) -> str:
    """The status by its name in the standard and in words, or its number where the standard has none."""
    name = _NAMES.get(status)
    return f"{name}: {_WORDS.get(status, '')}".rstrip(": ") if name else f"status 0x{status:08X}"
