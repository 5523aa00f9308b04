"""The postman's verbs."""

from firstlight.delivery.actions.addressing import write_chunk, write_rows
from firstlight.delivery.actions.aftercare import (
    expire_rows,
    fall_back,
    finish_mailings,
    forget,
    settle_unknown,
    stop_stragglers,
)
from firstlight.delivery.actions.alarms import watch_failures
from firstlight.delivery.actions.claims import claim, give_back, give_back_claims
from firstlight.delivery.actions.letters import write_letter
from firstlight.delivery.actions.mailings import (
    NotNow,
    begin_mailing,
    pause_mailing,
    resume_mailing,
    stop_mailing,
)
from firstlight.delivery.actions.outcomes import settle
from firstlight.delivery.actions.replies import take_replies
from firstlight.delivery.actions.reports import take_reports

__all__ = [
    "NotNow",
    "begin_mailing",
    "claim",
    "expire_rows",
    "fall_back",
    "finish_mailings",
    "forget",
    "give_back",
    "give_back_claims",
    "pause_mailing",
    "resume_mailing",
    "settle",
    "settle_unknown",
    "stop_mailing",
    "stop_stragglers",
    "take_replies",
    "take_reports",
    "watch_failures",
    "write_chunk",
    "write_letter",
    "write_rows",
]
