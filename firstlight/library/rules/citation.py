"""How a case is cited: a line of text, BibTeX, RIS, CSL-JSON."""

from typing import Any

from firstlight.library.rules.document import AuthorView
from firstlight.library.rules.record import Record

_BIBTEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    each: f"\\{each}" for each in "&%$#_{}"
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def citation(record: Record, language: str) -> str:
    """One line: who, what, where, which version, when, and whether it was retracted."""
    retracted = {"ko": "[철회됨] ", "en": "[Retracted] "}[language] if record.is_retracted else ""
    names = ", ".join(short_name(each, language) for each in record.authors) or record.publisher
    place = {
        "ko": f"{record.publisher} 증례 {record.number}, 제{record.version}판",
        "en": f"{record.publisher}, case {record.number}, version {record.version}",
    }[language]
    day = f"{record.updated_on:%Y-%m-%d}"
    address = f"https://doi.org/{record.doi}" if record.doi else record.version_url
    return f"{names}. {retracted}{record.title(language).rstrip('.')}. {place}, {day}. {address}"


def short_name(author: AuthorView, language: str) -> str:
    """A name as a reference list writes it: 홍길동, or Hong G."""
    if language == "ko" and author.name_ko:
        return author.name_ko
    initials = "".join(part[0] for part in author.given_name.replace("-", " ").split())
    return f"{author.family_name} {initials}".strip()


def bibtex(record: Record) -> str:
    """A BibTeX entry."""
    names = " and ".join(_inverted(each) for each in record.authors) or f"{{{_tex(record.publisher)}}}"
    fields = {
        "author": names,
        "title": f"{{{_tex(_marked_title(record))}}}",
        "howpublished": _tex(record.publisher),
        "number": str(record.number),
        "version": str(record.version),
        "year": str(record.updated_on.year),
        "month": _MONTHS[record.updated_on.month - 1],
        "url": record.version_url,
        "doi": record.doi,
    }
    # A month is BibTeX's own word and stands without braces.
    lines = (f"  {key} = {value if key == 'month' else f'{{{value}}}'}" for key, value in fields.items() if value)
    return f"@misc{{{_key(record)},\n" + ",\n".join(lines) + "\n}\n"


def _key(record: Record) -> str:
    return f"case-{record.number}-{record.version}"


def _inverted(author: AuthorView) -> str:
    return _tex(", ".join(part for part in (author.family_name, author.given_name) if part))


def _tex(text: str) -> str:
    return "".join(_BIBTEX.get(each, each) for each in text)


def _marked_title(record: Record) -> str:
    return f"{'Retracted: ' if record.is_retracted else ''}{record.title('en')}"


def ris(record: Record) -> str:
    """A RIS record, with the line ends that its readers ask for."""
    lines = [
        ("TY", "ELEC"),
        *(("AU", ", ".join(filter(None, (each.family_name, each.given_name)))) for each in record.authors),
        ("TI", _marked_title(record)),
        ("PB", record.publisher),
        ("PY", str(record.updated_on.year)),
        ("DA", f"{record.updated_on:%Y/%m/%d}/"),
        ("ET", str(record.version)),
        ("M1", str(record.number)),
        ("UR", record.version_url),
        ("DO", record.doi),
        ("AB", record.descriptions.get("en") or record.descriptions.get("ko", "")),
        *(("KW", text) for text, language in record.keywords if language == "en"),
    ]
    written = [f"{tag}  - {' '.join(value.split())}" for tag, value in lines if value]
    return "\r\n".join([*written, "ER  - ", ""])


def csl(record: Record) -> dict[str, Any]:
    """An item of CSL-JSON."""
    day = record.updated_on
    item = {
        "id": _key(record),
        "type": "webpage",
        "title": _marked_title(record),
        "author": [{"family": each.family_name, "given": each.given_name} for each in record.authors]
        or [{"literal": record.publisher}],
        "publisher": record.publisher,
        "number": str(record.number),
        "version": str(record.version),
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "URL": record.version_url,
        "DOI": record.doi,
        "language": (record.languages or ["en"])[-1],
    }
    return {key: value for key, value in item.items() if value}
