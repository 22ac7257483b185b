"""All settings, read once from the environment or ``.env``; every one is optional. ``docs/settings.md`` lists them."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from pydantic_core import ValidationError
from pydantic_core.core_schema import (
    int_schema,
    literal_schema,
    no_info_after_validator_function,
    no_info_plain_validator_function,
    str_schema,
)

from bot.checked import Checker
from bot.errors import BotError

PREFIX = "HANDRAIL_"
ENV_FILE = ".env"


class SettingsError(BotError):
    """One or more settings are wrong."""


class Secret:
    """A text that is shown in no log line, no error and no ``repr``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Take the text."""
        self._value = value

    def __repr__(self) -> str:
        return "Secret('**********')"

    def reveal(self) -> str:
        """Return the text, for the one place that needs it."""
        return self._value


def _origins(given: str) -> tuple[str, ...]:
    return tuple(part.strip().rstrip("/") for part in given.split(",") if part.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may set, each with its check and what it is for; built in ``run_bot.py`` and passed inwards."""

    host: Annotated[str, str_schema(), "Address to listen on; 0.0.0.0 for every interface."] = "127.0.0.1"
    port: Annotated[int, int_schema(ge=0, le=65535), "Port to listen on; 0 picks a free one."] = 8080
    knowledge: Annotated[Path, no_info_plain_validator_function(Path), "Folder of the knowledge pack."] = Path("knowledge")
    data_dir: Annotated[Path, no_info_plain_validator_function(Path), "Folder for the saved index; made when missing."] = (
        Path("var")
    )
    country: Annotated[
        str | None,
        str_schema(pattern="^[A-Z]{2}$"),
        "ISO code of the site's country; its numbers are shown when a visitor's is unknown.",
    ] = None
    allowed_origins: Annotated[
        tuple[str, ...],
        no_info_after_validator_function(_origins, str_schema()),
        "Origins, separated by commas, whose pages may call the API; none but its own by default.",
    ] = ()
    contact_email: Annotated[
        str | None, str_schema(), "Where a visitor may write to the team; shown with an offer of a person."
    ] = None
    log_level: Annotated[str, literal_schema(["debug", "info", "warning", "error"]), "Least level that is logged."] = "info"
    token_secret: Annotated[
        Secret | None,
        no_info_after_validator_function(Secret, str_schema()),
        "Key for log references; a random one each start when unset, so references end with the process.",
    ] = None
    max_conversations: Annotated[
        int,
        int_schema(ge=1),
        "Conversations kept in memory; the one idle longest goes first when it is full.",
    ] = 10_000


_CHECKER = Checker(Settings)


def read_settings(**overrides: object) -> Settings:
    """Read the settings; raise ``SettingsError`` naming every bad one at once."""
    given = {**_set_by_operator(), **{name: value for name, value in overrides.items() if value is not None}}
    try:
        return _CHECKER.read(given)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError("These settings are wrong:\n  " + "\n  ".join(lines)) from error


def _set_by_operator() -> dict[str, str]:
    """Return what stands in ``.env`` and, before that, in the environment, by the names of the fields."""
    found: dict[str, str | None] = {}
    if Path(ENV_FILE).is_file():
        from dotenv import dotenv_values  # most starts have no such file

        found.update(dotenv_values(ENV_FILE, encoding="utf-8"))
    found.update(os.environ)
    by_name = {name.upper(): value for name, value in found.items()}
    return {
        each.name: value for each in fields(Settings) if (value := by_name.get(f"{PREFIX}{each.name.upper()}")) is not None
    }
