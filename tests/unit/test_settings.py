"""Settings: read once, every fault told at once, secrets never shown."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from bot.settings import SettingsError, read_settings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, and a folder without ``.env``."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOST", "PORT", "KNOWLEDGE", "DATA_DIR", "COUNTRY", "ALLOWED_ORIGINS", "LOG_LEVEL", "TOKEN_SECRET"):
        monkeypatch.delenv(f"HANDRAIL_{name}", raising=False)


def test_everything_is_optional() -> None:
    """Nothing configured gives the defaults of the design."""
    settings = read_settings()
    assert (settings.host, settings.port, settings.knowledge, settings.data_dir) == (
        "127.0.0.1",
        8080,
        Path("knowledge"),
        Path("var"),
    )


def test_all_bad_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator sees every wrong setting by its name in one go."""
    for name, value in {"PORT": "eighty", "COUNTRY": "Britain", "LOG_LEVEL": "loud", "MAX_CONVERSATIONS": "0"}.items():
        monkeypatch.setenv(f"HANDRAIL_{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    named = [line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]]
    assert sorted(named) == ["HANDRAIL_COUNTRY", "HANDRAIL_LOG_LEVEL", "HANDRAIL_MAX_CONVERSATIONS", "HANDRAIL_PORT"]


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting in the environment counts."""
    monkeypatch.setenv("HANDRAIL_PORT", "9000")
    monkeypatch.setenv("HANDRAIL_ALLOWED_ORIGINS", " https://a.example/ ,https://b.example,")
    settings = read_settings()
    assert settings.port == 9000
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


def test_a_file_of_settings_is_read(tmp_path: Path) -> None:
    """``.env`` beside the program counts; what is not ours in it is left alone."""
    (tmp_path / ".env").write_text("HANDRAIL_COUNTRY=NZ\nOTHER=1\n", encoding="utf-8")
    assert read_settings().country == "NZ"


def test_an_option_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed wins; an option left out does not."""
    monkeypatch.setenv("HANDRAIL_PORT", "9000")
    assert read_settings(port=9001, host=None).port == 9001


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor a fault in them shows a secret."""
    monkeypatch.setenv("HANDRAIL_TOKEN_SECRET", "hunter2")
    assert "hunter2" not in repr(read_settings())
    monkeypatch.setenv("HANDRAIL_PORT", "eighty")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "hunter2" not in f"{caught.value!r}{caught.value}"


def test_a_bad_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret pasted into the wrong setting does not end up in a log."""
    monkeypatch.setenv("HANDRAIL_PORT", "hunter2")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    """Built once, passed inwards, never written to."""
    with pytest.raises(FrozenInstanceError):
        read_settings().port = 1  # type: ignore[misc]
