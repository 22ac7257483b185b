"""Answers are written in Markdown; visitors get them as plain text or as HTML."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Raw HTML in an answer is shown as text, never run.
_parser = MarkdownIt("commonmark", {"html": False})


def to_html(markdown: str) -> str:
    """Render an answer as HTML."""
    return str(_parser.render(markdown)).strip()


def to_text(markdown: str) -> str:
    """Render an answer as plain text: paragraphs apart, list items with a dash, links followed by their address."""
    blocks: list[str] = []
    in_item = False
    for token in _parser.parse(markdown):
        if token.type in {"list_item_open", "list_item_close"}:
            in_item = token.type.endswith("open")
        if token.type != "inline":
            continue
        line = _inline(token.children or [])
        if in_item and blocks and blocks[-1].startswith("- "):
            blocks[-1] += f"\n- {line}"
        else:
            blocks.append(f"- {line}" if in_item else line)
    return "\n\n".join(blocks)


def _inline(tokens: list[Token]) -> str:
    parts: list[str] = []
    target = ""
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "link_open":
                target = str(token.attrs.get("href", ""))
            case "link_close" if target:
                parts.append(f" ({target})")
            case _:
                pass
    return "".join(parts)
