"""What a case is, apart from the database: its document, its people, its versions, what is said of it to others."""

from firstlight.library.rules.document import (
    LANGUAGES,
    TEXT_FIELDS,
    TEXTS,
    AuthorView,
    CaseDocument,
    KeyImageView,
    Reference,
    link_key_images,
    missing_for_review,
    reference_of,
    with_links,
)

__all__ = [
    "LANGUAGES",
    "TEXTS",
    "TEXT_FIELDS",
    "AuthorView",
    "CaseDocument",
    "KeyImageView",
    "Reference",
    "link_key_images",
    "missing_for_review",
    "reference_of",
    "with_links",
]
