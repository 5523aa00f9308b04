import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError

import firstlight.web
from firstlight.web.translations import compile_catalogues, find_untranslated, read_catalogue

WEB = Path(firstlight.web.__file__).parent
PO = "locale/ko/LC_MESSAGES/django.po"


def write_catalogue(app: Path, *lines: str) -> Path:
    source = app / PO
    source.parent.mkdir(parents=True)
    header = ('msgid ""', 'msgstr "Content-Type: text/plain; charset=utf-8\\n"', "")
    source.write_text("\n".join((*header, *lines)) + "\n", encoding="utf-8")
    return source


def test_every_string_of_the_shared_pages_is_translated() -> None:
    assert find_untranslated(WEB, "ko") == []


def test_every_entry_of_the_catalogue_is_translated_and_keeps_its_placeholders() -> None:
    entries = [entry for entry in read_catalogue(WEB / PO) if entry.id]
    assert len(entries) > 100
    assert [entry.id for entry in entries if not entry.string or entry.fuzzy] == []
    assert [error for entry in entries for error in entry.check()] == []


def test_the_korean_is_korean() -> None:
    entries = [entry for entry in read_catalogue(WEB / PO) if entry.id]
    assert [entry.id for entry in entries if not re.search("[가-힣]", str(entry.string))] == []


def test_a_string_without_translation_is_found(tmp_path: Path) -> None:
    write_catalogue(tmp_path, 'msgid "Case"', 'msgstr "증례"', "", 'msgctxt "file"', 'msgid "Case"', 'msgstr ""')
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text(
        '{% load i18n %}{% translate "Case" %}{% translate "Case" context "file" %}'
        "{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}"
    )
    (tmp_path / "models.py").write_text('label = gettext_lazy("Author")\n')
    assert find_untranslated(tmp_path, "ko") == ["Author", "Case", "Hello %(name)s"]


def test_catalogues_compile_to_what_gettext_reads(tmp_path: Path) -> None:
    source = write_catalogue(tmp_path / "app", 'msgid "Case"', 'msgstr "증례"')
    assert compile_catalogues(tmp_path) == 1
    with source.with_suffix(".mo").open("rb") as compiled:
        assert GNUTranslations(compiled).gettext("Case") == "증례"


def test_a_broken_catalogue_is_an_error(tmp_path: Path) -> None:
    write_catalogue(tmp_path, 'msgid "Case"', 'msgstr "증례"', "half a line")
    with pytest.raises(PoFileError):
        compile_catalogues(tmp_path)
