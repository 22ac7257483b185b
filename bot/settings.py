"""All settings, read once from the environment or ``.env``; every one is optional. ``docs/settings.md`` lists them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import BotError


class SettingsError(BotError):
    """One or more settings are wrong."""


class Settings(BaseSettings):
    """What an operator may set; frozen, built in ``run_bot.py`` and passed inwards."""

    model_config = SettingsConfigDict(env_prefix="HANDRAIL_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    knowledge: Path = Field(Path("knowledge"), description="Folder of the knowledge pack.")
    data_dir: Path = Field(Path("var"), description="Folder for the saved index; made when missing.")
    country: str | None = Field(
        None,
        pattern="^[A-Z]{2}$",
        description="ISO code of the site's country; its numbers are shown when a visitor's is unknown.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins, separated by commas, whose pages may call the API; none but its own by default."
    )
    contact_email: str | None = Field(
        None, description="Where a visitor may write to the team; shown with an offer of a person."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    token_secret: SecretStr | None = Field(
        None, description="Key for log references; a random one each start when unset, so references end with the process."
    )
    max_conversations: int = Field(
        10_000, ge=1, description="Conversations kept in memory; the one idle longest goes first when it is full."
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value


def read_settings(**overrides: object) -> Settings:
    """Read the settings; raise ``SettingsError`` naming every bad one at once."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"HANDRAIL_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError("These settings are wrong:\n  " + "\n  ".join(lines)) from error
