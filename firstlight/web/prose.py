"""CommonMark from members, made safe to show."""

from collections.abc import MutableMapping, Sequence
from functools import cache, lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

DEEPEST_HEADING = 6


@lru_cache(maxsize=4096)
def render_commonmark(text: str, top_heading: int = 3) -> str:
    """CommonMark as HTML without raw HTML or images, its first heading level being `top_heading`.

    Images are left out because they would pass by the depository, the one door at which pixels are checked.
    """
    return str(_reader().render(text, {"top_heading": top_heading}))


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    reader.add_render_rule("heading_open", _render_heading)
    reader.add_render_rule("heading_close", _render_heading)
    reader.add_render_rule("link_open", _render_link)
    return reader


def _render_heading(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    token = tokens[index]
    level = min(int(token.tag[1]) + env["top_heading"] - 1, DEEPEST_HEADING)
    return f"</h{level}>\n" if token.nesting < 0 else f"<h{level}>"


def _render_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    tokens[index].attrSet("rel", "noopener nofollow")
    return str(renderer.renderToken(tokens, index, options, env))
