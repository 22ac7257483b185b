"""Answers as plain text and as HTML."""

import pytest

from bot.content.markdown import to_html, to_text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("One **bold** word.", "One bold word."),
        ("One\nparagraph.\n\nAnother.", "One paragraph.\n\nAnother."),
        ("- first\n- second", "- first\n- second"),
        ("Before:\n\n- first\n- second\n\nAfter.", "Before:\n\n- first\n- second\n\nAfter."),
        ("1. first\n2. second", "- first\n- second"),
        ("See [the list](https://example.org/a).", "See the list (https://example.org/a)."),
        ("<https://example.org/a>", "https://example.org/a"),
        ("- first\n  - inner\n- second", "- first\n  - inner\n- second"),
        ("Before:\n\n    set apart", "Before:\n\nset apart"),
        ("![a map](map.png)", "a map"),
        ("`code` and *more*", "code and more"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("A <b>tag</b>", "A <b>tag</b>"),
        ("A caf\u00e9 \u2013 open", "A caf\u00e9 \u2013 open"),
    ],
)
def test_markdown_becomes_plain_text(markdown: str, text: str) -> None:
    """Marks go, paragraphs stay apart, list items get a dash, links show where they lead."""
    assert to_text(markdown) == text


def test_an_item_of_two_paragraphs_stays_in_its_list() -> None:
    """A second paragraph in an item does not look like an item of its own."""
    assert to_text("- first\n\n  more of it\n- second") == "- first\n  more of it\n- second"


def test_html_in_an_answer_is_shown_and_not_run() -> None:
    """A script in a file is text on the page."""
    assert to_html("<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"


def test_a_link_that_would_run_code_is_no_link() -> None:
    """``javascript:`` addresses stay text."""
    assert "href" not in to_html("[x](javascript:alert(1))")


def test_an_answer_becomes_html() -> None:
    """Paragraphs, bold and lists come out as such."""
    assert to_html("**Yes.**\n\n- one") == "<p><strong>Yes.</strong></p>\n<ul>\n<li>one</li>\n</ul>"
