"""The verbs of notices."""

from firstlight.alerts.actions.answering import acknowledge, read_reply
from firstlight.alerts.actions.approving import approve_notice, issue_alone, look_over, withdraw_notice
from firstlight.alerts.actions.sending import (
    pause_sending,
    press_on,
    resume_sending,
    stop_followed,
    stop_sending,
    test_send,
)
from firstlight.alerts.actions.writing import (
    add_link,
    begin_notice,
    remove_link,
    return_notice,
    set_up_first_notice,
    submit_notice,
    take_back_first_notice,
    write_notice,
)

__all__ = [
    "acknowledge",
    "add_link",
    "approve_notice",
    "begin_notice",
    "issue_alone",
    "look_over",
    "pause_sending",
    "press_on",
    "read_reply",
    "remove_link",
    "resume_sending",
    "return_notice",
    "set_up_first_notice",
    "stop_followed",
    "stop_sending",
    "submit_notice",
    "take_back_first_notice",
    "test_send",
    "withdraw_notice",
    "write_notice",
]
