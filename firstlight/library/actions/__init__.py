"""The verbs of the library, by what they are about."""

from firstlight.library.actions.publishing import (
    note_doi,
    publish_case,
    retract_case,
    return_case,
    submit_case,
    withdraw_case,
)
from firstlight.library.actions.reviewing import (
    answer_comment,
    ask_reviewer,
    comment_on_case,
    recommend,
    reopen_comment,
    resolve_comment,
    tell_returned,
    tell_reviewer,
)
from firstlight.library.actions.tags import set_up_tags, take_back_tags
from firstlight.library.actions.writing import (
    add_key_image,
    attach_series,
    begin_case,
    begin_case_from,
    detach_series,
    name_authors,
    remove_key_image,
    write_case,
)

__all__ = [
    "add_key_image",
    "answer_comment",
    "ask_reviewer",
    "attach_series",
    "begin_case",
    "begin_case_from",
    "comment_on_case",
    "detach_series",
    "name_authors",
    "note_doi",
    "publish_case",
    "recommend",
    "remove_key_image",
    "reopen_comment",
    "resolve_comment",
    "retract_case",
    "return_case",
    "set_up_tags",
    "submit_case",
    "take_back_tags",
    "tell_returned",
    "tell_reviewer",
    "withdraw_case",
    "write_case",
]
