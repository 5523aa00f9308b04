"""How the text of a guideline begins: from nothing, from another one, from its own version in force."""

import tomlkit

from firstlight.guidance.rules.inputs import Words

SKELETON = """\
# Everything that a page shows stands in both languages; paraphrase and cite, never copy.
# mark: V read in the source; V2 read second-hand; M not verified. See docs/reference/guideline-format.md.
slug = ""
version = "1"
title_ko = ""
title_en = ""
short_ko = ""
short_en = ""
publisher_ko = ""
publisher_en = ""
method_ko = ""
method_en = ""
whom_ko = ""
whom_en = ""
citation = ""
sign_off = "unsigned"
"""


def skeleton(slug: str, title: Words, effective_from: str) -> str:
    """The text of a guideline that says nothing yet."""
    text = tomlkit.parse(SKELETON)
    text["slug"] = slug
    text["title_ko"], text["title_en"] = title.ko, title.en
    text["short_ko"], text["short_en"] = title.ko, title.en
    text.add("effective_from", tomlkit.date(effective_from))
    return tomlkit.dumps(text)


def adapted(parent: str, slug: str, title: Words, effective_from: str) -> str:
    """A guideline's text as the beginning of another, which says what it adapts; a clinician has yet to sign it."""
    text = tomlkit.parse(parent)
    adapts = tomlkit.table()
    adapts.update({"guideline": text["slug"], "version": text["version"], "changes_ko": "", "changes_en": ""})
    text.update({"slug": slug, "version": "1", "effective_from": tomlkit.date(effective_from)})
    text["title_ko"], text["title_en"] = title.ko, title.en
    text["short_ko"], text["short_en"] = title.ko, title.en
    _unsign(text)
    text.pop("adapts", None)
    text.add("adapts", adapts)
    return tomlkit.dumps(text)


def next_version(current: str, effective_from: str) -> str:
    """A version's text as the beginning of the next one; what a clinician signed has to be signed again."""
    text = tomlkit.parse(current)
    version = str(text["version"])
    text["version"] = str(int(version) + 1) if version.isdigit() else version
    text["effective_from"] = tomlkit.date(effective_from)
    _unsign(text)
    return tomlkit.dumps(text)


def _unsign(text: tomlkit.TOMLDocument) -> None:
    text["sign_off"] = "unsigned"
    for name in ("signed_by", "signed_on", "effective_until"):
        text.pop(name, None)
