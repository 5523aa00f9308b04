"""Translations without GNU gettext: Babel reads the sources and compiles the catalogues."""

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}


def compile_catalogues(root: Path) -> int:
    """Compile every `locale/*/LC_MESSAGES/django.po` under `root`, and count them.

    Raises babel's PoFileError, naming the line, for a catalogue that cannot be read.
    """
    sources = sorted(root.rglob("locale/*/LC_MESSAGES/django.po"))
    for source in sources:
        with source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_catalogue(source))
    return len(sources)


def read_catalogue(source: Path) -> Catalog:
    """The catalogue kept in a `.po` file."""
    with source.open("rb") as lines:
        return read_po(lines, abort_invalid=True)


def find_untranslated(app: Path, language: str) -> list[str]:
    """The source strings of an app's templates and modules that its catalogue leaves in English."""
    catalogue = read_catalogue(app / "locale" / language / "LC_MESSAGES" / "django.po")
    return sorted({text for text, context in source_strings(app) if not _translates(catalogue, text, context)})


def source_strings(app: Path) -> Iterator[tuple[str, str | None]]:
    """Every string that an app's templates and modules mark for translation, with its context."""
    methods: list[Any] = [("**.py", "python"), ("**.html", _extract_template), ("**.txt", _extract_template)]
    for _file, _line, message, _comments, context in extract_from_dir(app, methods, keywords=KEYWORDS):
        yield (message if isinstance(message, str) else message[0]), context


def _translates(catalogue: Catalog, text: str, context: str | None) -> bool:
    message = catalogue.get(text, context)
    return message is not None and bool(message.string) and not message.fuzzy


def _extract_template(
    source: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Any:
    # Python's tokenizer minds indentation, which in a template means nothing.
    as_python = "\n".join(line.lstrip() for line in templatize(source.read().decode()).splitlines())
    return extract_python(BytesIO(as_python.encode()), keywords, comment_tags, {"encoding": "utf-8"})
