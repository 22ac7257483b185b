"""Which command lines a start may read by itself; all else is Typer's."""

import pytest

import run_bot


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ([], {}),
        (["serve"], {}),
        (["serve", "--port", "8081"], {"port": "8081"}),
        (
            ["serve", "--port", "1", "--host", "::1", "--knowledge", "my-pack"],
            {"port": "1", "host": "::1", "knowledge": "my-pack"},
        ),
        (["serve", "--port", "1", "--port", "2"], {"port": "2"}),
    ],
)
def test_a_plain_serve_is_read(given: list[str], options: dict[str, str]) -> None:
    """Options of ``serve`` with their values; of one given twice the last counts, as with Typer."""
    assert run_bot._plain_serve(given) == options


@pytest.mark.parametrize(
    "given",
    [
        ["ask"],
        ["--help"],
        ["serve", "--help"],
        ["serve", "--port"],
        ["serve", "--port", "eighty"],
        ["serve", "--port", "-1"],
        ["serve", "--port=8081"],
        ["serve", "--host", ""],
        ["serve", "--host", "--port"],
        ["serve", "--colour", "red"],
        ["serve", "now"],
        ["--port", "8081"],
    ],
)
def test_whatever_needs_a_word_of_explanation_is_left_to_typer(given: list[str]) -> None:
    """Help, mistakes, other ways to write an option, other commands."""
    assert run_bot._plain_serve(given) is None
