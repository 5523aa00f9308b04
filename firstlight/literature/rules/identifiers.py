"""The names by which the world knows a paper, each in one spelling."""

import re
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_END = ".,;:)]}>\"'"
_ARXIV = re.compile(
    r"(?:arxiv:\s*|arxiv\.org/(?:abs|pdf)/)?((?:\d{4}\.\d{4,5})|(?:[a-z-]+(?:\.[A-Z]{2})?/\d{7}))(?:v\d+)?"
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)")
_PMCID = re.compile(r"(?:PMC)?(\d{3,9})(?:\.\d+)?")
_SERVERS = re.compile(
    r"10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{5,}|10\.64898/|10\.21203/rs|10\.48550/arxiv|10\.2139/ssrn|10\.31219/osf"
    r"|10\.20944/preprints|10\.26434/chemrxiv|10\.36227/techrxiv|10\.22541/au"
)
_VERSION = re.compile(r"(?:/v\d+|\.v\d+|(?<=\d)v\d+)$")
LONGEST = 200


def doi(text: str) -> str:
    """A DOI in small letters without its resolver, as DOIs are compared (DOI Handbook 2.4); empty for none."""
    found = _DOI.search(unquote(text) if "%" in text else text)
    if not found:
        return ""
    name = found[0].lower().rstrip(_DOI_END)
    opened = found[0].lower()
    # A DOI may end in a bracket that was opened inside it.
    if name.count("(") > name.count(")") and opened.startswith(f"{name})"):
        name += ")"
    return name if len(name) <= LONGEST else ""


def dois_in(text: str) -> list[str]:
    """Every DOI that a text mentions, in order, once."""
    return list(dict.fromkeys(name for each in _DOI.findall(text) if (name := doi(each))))


def pmid(text: str) -> str:
    """A PubMed number; empty for anything else."""
    bare = text.strip().lstrip("0")
    return bare if bare.isascii() and bare.isdecimal() and len(bare) <= 9 else ""


def pmcid(text: str) -> str:
    """A PubMed Central number, PMC and digits."""
    found = _PMCID.fullmatch(text.strip().upper())
    return f"PMC{found[1]}" if found else ""


def arxiv(text: str) -> str:
    """An arXiv number without its version."""
    found = _ARXIV.search(text.strip())
    return found[1] if found else ""


def named(**texts: str) -> dict[str, str]:
    """The identifiers among these texts by their schemes, those that are well formed."""
    readers = {"doi": doi, "pmid": pmid, "pmcid": pmcid, "arxiv": arxiv}
    found = {scheme: name for scheme, text in texts.items() if text and (name := readers[scheme](text))}
    if "arxiv" not in found and (told := _ARXIV_DOI.fullmatch(found.get("doi", ""))):
        found["arxiv"] = told[1]
    return found


def without_version(name: str) -> str:
    """A preprint's DOI without the version some servers put at its end."""
    return _VERSION.sub("", name)


def is_of_preprint(name: str) -> bool:
    """Whether a DOI is one that a preprint server gave."""
    return bool(_SERVERS.match(name))


def address(scheme: str, value: str) -> str:
    """Where a paper is read under this name."""
    return {
        "doi": f"https://doi.org/{value}",
        "pmid": f"https://pubmed.ncbi.nlm.nih.gov/{value}/",
        "pmcid": f"https://pmc.ncbi.nlm.nih.gov/articles/{value}/",
        "arxiv": f"https://arxiv.org/abs/{value}",
    }[scheme]
