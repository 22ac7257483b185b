"""Nothing is lost or made up between plain text and Slack's markup."""

import html

from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.text import SECTION_CHARS, shown, split, typed


def test_what_is_shown_mentions_nobody_and_marks_nothing_up() -> None:
    """Whatever a visitor typed."""
    assert shown("<!channel> & <@U1> *bold*") == "&lt;!channel&gt; &amp; &lt;@U1&gt; *\u200bbold*"
    assert shown("- one\n- two") == "• one\n• two"


def test_what_is_typed_holds_no_id() -> None:
    """Mentions, groups, rooms and links become what a person reads."""
    text = "<@U0BOT> ask <@U123ABC> in <#C1|general> about <https://x.example|this> &lt;3 <!here>"
    assert typed(text, bot="U0BOT") == "ask @someone in #general about this (https://x.example) <3"


@given(st.text(alphabet="ab<&*- \n", max_size=9_000))
def test_pieces_are_the_whole_text_and_each_fits_a_section(text: str) -> None:
    """No word is lost, however it has to be cut."""
    pieces = split(text)
    assert all(0 < len(shown(piece)) <= SECTION_CHARS for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(alphabet="ab<>&;*_ \n", max_size=200))
def test_what_is_shown_reads_as_what_was_meant(text: str) -> None:
    """But for what cannot be seen."""
    assert html.unescape(shown(text)).replace("\u200b", "") == text
