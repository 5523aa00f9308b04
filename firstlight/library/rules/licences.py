"""Licences under which a case may be given out (SPDX names and addresses)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """A licence by its usual name; `is_free_to_share` says whether anyone may pass copies on."""

    name: str
    spdx: str
    url: str
    is_free_to_share: bool = True


def _creative_commons(kind: str, version: str) -> Licence:
    return Licence(
        f"CC {kind} {version}",
        f"CC-{kind}-{version}",
        f"https://creativecommons.org/licenses/{kind.lower()}/{version}/",
    )


_KINDS = ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND")
_KNOWN = (
    *(_creative_commons(kind, version) for kind in _KINDS for version in ("4.0", "3.0")),
    Licence("CC0 1.0", "CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
)
_BY_WORDS = {"".join(filter(str.isalnum, each.name)).lower(): each for each in _KNOWN}


def licence_of(words: str) -> Licence | None:
    """The licence that a case names, however it is spelled; None for words that are none we know."""
    return _BY_WORDS.get("".join(filter(str.isalnum, words)).lower())


def licences() -> list[str]:
    """The names that a case may give."""
    return [each.name for each in _KNOWN]
