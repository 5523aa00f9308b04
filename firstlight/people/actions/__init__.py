"""What is done to members: added, changed, asked, imported."""

from firstlight.people.actions.contacts import (
    give_consent,
    leave,
    mark_dead,
    remove_contact,
    revive,
    set_contact,
    verify_contact,
    withdraw_consent,
)
from firstlight.people.actions.lists import (
    carry_on,
    confirm_list,
    discard_list,
    hand_in_list,
    import_members,
)
from firstlight.people.actions.members import (
    add_member,
    change_member,
    deactivate_member,
    grant_roles,
    reactivate_member,
    set_roles,
)
from firstlight.people.actions.tokens import create_token
from firstlight.people.actions.verification import Answer, answer_code, answer_link, ask_whose, new_code
from firstlight.people.actions.wishes import ChannelWish, choose_topic, set_preferences

__all__ = [
    "Answer",
    "ChannelWish",
    "add_member",
    "answer_code",
    "answer_link",
    "ask_whose",
    "carry_on",
    "change_member",
    "choose_topic",
    "confirm_list",
    "create_token",
    "deactivate_member",
    "discard_list",
    "give_consent",
    "grant_roles",
    "hand_in_list",
    "import_members",
    "leave",
    "mark_dead",
    "new_code",
    "reactivate_member",
    "remove_contact",
    "revive",
    "set_contact",
    "set_preferences",
    "set_roles",
    "verify_contact",
    "withdraw_consent",
]
