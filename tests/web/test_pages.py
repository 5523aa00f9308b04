import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from django.views.defaults import server_error

import firstlight.web
from firstlight.web import views

WEB = Path(firstlight.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_script_or_style(template: Path) -> None:
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("written", ['<p style="x">', "<style>", "<a onclick=x>", "<script>1</script>"])
def test_the_search_for_inline_code_finds_it(written: str) -> None:
    assert INLINE.search(written)


def test_every_class_is_in_the_style_sheets() -> None:
    sheets = "".join(path.read_text() for path in (WEB / "static/web/css").glob("*.css"))
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    used = {name for value in re.findall(r'class="([a-z -]+)"', templates) for name in value.split()}
    described = set(re.findall(r"\.([a-z][a-z-]*)", sheets))
    assert used - described == set()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    ("view", "status"), [(views.bad_request, 400), (views.permission_denied, 403), (views.page_not_found, 404)]
)
def test_a_problem_page_says_what_to_do(rf: RequestFactory, language: str, view: object, status: int) -> None:
    with translation.override(language):
        response: HttpResponse = view(rf.get("/"), Exception())  # type: ignore[operator]
    page = response.content.decode()
    assert response.status_code == status
    assert f'<html lang="{language}">' in page
    assert "<h1>" in page
    assert 'class="button"' in page


def test_the_page_for_a_broken_server_needs_nothing(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Nothing already accepted is lost" in response.content.decode()


@pytest.mark.parametrize(("language", "word"), [("ko", "가상 환자"), ("en", "Synthetic patient")])
def test_the_style_guide_in_both_languages(rf: RequestFactory, language: str, word: str) -> None:
    with translation.override(language):
        page = views.show_style_guide(rf.get("/style/")).content.decode()
    assert word in page
    assert 'aria-invalid="true"' in page
