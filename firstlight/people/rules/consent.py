"""The words that members agree to, by version: a consent names the one that stood on the page."""

CURRENT_WORDING = "2026-11"
BEFORE_WORDINGS = "before 2026-11"
