"""Between plain text and Slack's own markup, without loss in either direction."""

import html
import re

SECTION_CHARS = 2_900  # Slack takes 3,000
_MARKS = re.compile(r"(?<![\w])([*_~`]+)(?=\S)")  # what would begin bold, italic, struck or code
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!(?:subteam\^\w+|here|channel|everyone)(?:\|([^>]*))?>")
_ROOM = re.compile(r"<#[A-Z0-9]+\|?([^>]*)>")
_LINK = re.compile(r"<((?:https?|mailto|tel):[^|>]+)(?:\|([^>]*))?>")
_QUOTED = re.compile(r"^&gt; ?", re.MULTILINE)
_NO_WIDTH = "\u200b"


def shown(text: str) -> str:
    """Return plain text as Slack shows it unchanged: nothing in it mentions anybody, links anywhere or turns bold."""
    escaped = html.escape(text, quote=False)
    return _ITEM.sub(r"\1• ", _MARKS.sub(rf"\1{_NO_WIDTH}", escaped))


def typed(text: str, *, bot: str = "") -> str:
    """Return what somebody typed in Slack as plain text: without the bot's own mention, and with no id of anybody."""
    text = text.replace(f"<@{bot}>", " ") if bot else text
    text = _QUOTED.sub("", _ROOM.sub(r"#\1", _GROUP.sub(r"\1", _MENTION.sub("@someone", text))))
    text = _LINK.sub(lambda link: _linked(link[1], link[2]), text)
    return html.unescape(text).strip()


def split(text: str, size: int = SECTION_CHARS) -> list[str]:
    """Return a text in pieces that fit a section each once they are shown; together they are the whole text."""
    text = text.strip()
    length = len(shown(text))
    if length <= size:
        return [text] if text else []
    at = _cut(text, max(1, len(text) * size // length))
    return [*split(text[:at], size), *split(text[at:], size)]


def _cut(text: str, most: int) -> int:
    """Return where to cut: between paragraphs, else lines, else words; within a word only where there is no other way."""
    found = (text.rfind(mark, most // 2, most) for mark in ("\n\n", "\n", " "))
    return next((at for at in found if at > 0), most)


def _linked(address: str, label: str | None) -> str:
    address = address.removeprefix("mailto:").removeprefix("tel:")
    return f"{label} ({address})" if label and label != address else address
