import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.web.prose import render_commonmark

TEXT = {"p", "ul", "ol", "li", "a", "em", "strong", "code", "pre", "blockquote", "hr", "br"}
PLAIN_ELEMENTS = TEXT | {"h3", "h4", "h5", "h6"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
        ("**경화**와 *간유리음영*", "<p><strong>경화</strong>와 <em>간유리음영</em></p>\n"),
        ("[KJR](https://kjronline.org/)", 'href="https://kjronline.org/" rel="noopener nofollow"'),
        ("# 진단", "<h3>진단</h3>\n"),
        ("##### deep", "<h6>deep</h6>\n"),
    ],
)
def test_commonmark_as_html(written: str, shown: str) -> None:
    assert shown in render_commonmark(written)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html;base64,PHNjcmlwdD4=", "vbscript:x"])
def test_an_address_that_runs_code_is_no_link(address: str) -> None:
    assert "<a" not in render_commonmark(f"[press]({address})")


def test_images_do_not_pass_by_the_depository() -> None:
    assert "<img" not in render_commonmark("![scan](https://example.org/scan.png)")


def test_the_page_decides_where_headings_start() -> None:
    assert render_commonmark("# Diagnosis", top_heading=2) == "<h2>Diagnosis</h2>\n"


@given(st.text(alphabet="<>/scriptonload=\"'()[]!:`*# \n&;가", max_size=60))
def test_no_text_becomes_an_element_that_runs_or_styles(text: str) -> None:
    elements = set(re.findall(r"<[^a-z>]*([a-z0-9]*)", render_commonmark(text)))
    assert elements <= PLAIN_ELEMENTS
