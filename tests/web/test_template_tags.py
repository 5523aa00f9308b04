from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.utils import timezone, translation

CASE = SimpleNamespace(title_ko="간유리음영", title_en="", about_ko="<i>", about_en="A & B")


def render(language: str, source: str, **context: object) -> str:
    with translation.override(language):
        return Template("{% load firstlight %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("language", "source", "shown"),
    [
        ("ko", '{% localized case "title" %}', "간유리음영"),
        ("en", '{% localized case "title" %}', '<span lang="ko">간유리음영</span>'),
        ("ko", '<p{% lang_attr case "title" %}>', "<p>"),
        ("en", '<p{% lang_attr case "title" %}>', '<p lang="ko">'),
        ("en", '{{ case|in_language:"title" }}', "간유리음영"),
        ("ko", '{% localized case "about" %}', "&lt;i&gt;"),
        ("en", '{{ case|in_language:"about" }}', "A &amp; B"),
    ],
)
def test_a_text_in_the_readers_language(language: str, source: str, shown: str) -> None:
    assert render(language, source, case=CASE) == shown


def test_a_text_from_the_other_language_is_escaped() -> None:
    hostile = SimpleNamespace(title_ko="<script>", title_en="")
    assert render("en", '{% localized case "title" %}', case=hostile) == '<span lang="ko">&lt;script&gt;</span>'


def test_commonmark_in_a_page() -> None:
    shown = render("en", "{{ text|commonmark }}", text="**a** <script>")
    assert shown == "<p><strong>a</strong> &lt;script&gt;</p>\n"
    assert render("en", "{{ text|commonmark }}", text=None) == ""
    assert render("en", "{{ text|commonmark:2 }}", text="# a") == "<h2>a</h2>\n"


@pytest.mark.parametrize(("language", "shown"), [("ko", "2020년 4월 21일"), ("en", "21 April 2020")])
def test_a_day(language: str, shown: str) -> None:
    expected = f'<time datetime="2020-04-21">{shown}</time>'
    assert render(language, "{{ on|day }}", on=date(2020, 4, 21)) == expected


def test_a_moment_shows_its_day_where_the_reader_is() -> None:
    at = datetime(2020, 4, 20, 15, 5, tzinfo=UTC)
    with timezone.override("Asia/Seoul"):
        assert "21 April 2020</time>" in render("en", "{{ at|day }}", at=at)
        assert render("ko", "{{ at|moment }}", at=at) == (
            '<time datetime="2020-04-21T00:05:00+09:00">2020년 4월 21일 00:05</time>'
        )
        assert "21 April 2020, 00:05" in render("en", "{{ at|moment }}", at=at)


@pytest.mark.parametrize(("number", "shown"), [(12715, "12,715"), (0, "0"), (None, "")])
def test_a_count(number: int | None, shown: str) -> None:
    assert render("ko", "{{ number|count }}", number=number) == shown


@pytest.mark.parametrize("source", ["{{ nothing|day }}", "{{ nothing|moment }}"])
def test_no_moment_shows_nothing(source: str) -> None:
    assert render("ko", source, nothing=None) == ""


def test_page_numbers_skip_what_is_far() -> None:
    paginator = Paginator(range(240), 12)
    shown = render("en", "{% for n in p|page_numbers:7 %}{{ n }} {% endfor %}", p=paginator)
    assert shown.split() == ["1", "…", "6", "7", "8", "…", "20"]
