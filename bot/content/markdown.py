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
    depth = 0
    begins_item = in_list = False
    for token in _parser.parse(markdown):
        match token.type:
            case "list_item_open":
                depth, begins_item = depth + 1, True
            case "list_item_close":
                depth -= 1
            case "inline" | "fence" | "code_block":
                line = _inline(token.children) if token.children else token.content.strip()
                if depth:
                    line = "  " * (depth - 1) + ("- " if begins_item else "  ") + line
                if depth and in_list:
                    blocks[-1] += f"\n{line}"
                else:
                    blocks.append(line)
                begins_item, in_list = False, depth > 0
            case _:
                pass
    return "\n\n".join(blocks)


def _inline(tokens: list[Token]) -> str:
    parts: list[str] = []
    target = ""
    for token in tokens:
        match token.type:
            case "text" | "code_inline" | "image":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "link_open":
                target = str(token.attrs.get("href", ""))
            case "link_close" if target and parts[-1:] != [target]:
                parts.append(f" ({target})")
            case _:
                pass
    return "".join(parts)
