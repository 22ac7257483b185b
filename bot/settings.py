"""All settings, read once from the environment or ``.env``; every one is optional. ``docs/settings.md`` lists them."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic_core import ValidationError
from pydantic_core.core_schema import (
    bool_schema,
    int_schema,
    literal_schema,
    no_info_after_validator_function,
    no_info_plain_validator_function,
    str_schema,
)

from bot.checked import Checker
from bot.errors import BotError
from bot.handoff.ladder import ORDINARY, URGENT, Ladder, Ladders

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


def _without_slash(given: str) -> str:
    return given.rstrip("/")


def _alert_steps(given: str) -> tuple[tuple[Secret, ...], ...]:
    """Read "mailto://… ntfy://… | pagerduty://…": what is told at the first step, and what joins at the next ones."""
    steps = (tuple(Secret(url) for url in step.split()) for step in given.split("|"))
    return tuple(step for step in steps if step)


def _listed(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())


_SLACKS_OWN = "By the name that Slack's own library gives it, without our prefix."
_UNPREFIXED = frozenset({"slack_bot_token", "slack_signing_secret", "slack_app_token"})
_LADDER = no_info_after_validator_function(Ladder.read, str_schema())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may set, each with its check and what it is for; built in ``run_bot.py`` and passed inwards."""

    host: Annotated[str, str_schema(), "Address to listen on; 0.0.0.0 for every interface."] = "127.0.0.1"
    port: Annotated[int, int_schema(ge=0, le=65535), "Port to listen on; 0 picks a free one."] = 8080
    knowledge: Annotated[Path, no_info_plain_validator_function(Path), "Folder of the knowledge pack."] = Path("knowledge")
    data_dir: Annotated[
        Path, no_info_plain_validator_function(Path), "Folder for the saved index and the database; made when missing."
    ] = Path("var")
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
    log_format: Annotated[
        str, literal_schema(["json", "people"]), "How log lines are written: JSON for machines, or text for a terminal."
    ] = "json"
    database_url: Annotated[
        str | None,
        str_schema(pattern="^sqlite:///.+"),
        "Where conversations are kept, as sqlite:///path; handrail.db in the data folder when unset.",
    ] = None
    sqlite_synchronous: Annotated[
        Literal["full", "normal"],
        literal_schema(["full", "normal"]),
        "Whether each commit waits for the disk (full), or may be lost when the power fails (normal).",
    ] = "full"
    keep_days: Annotated[int, int_schema(ge=1, le=3650), "Days after which an ordinary conversation is erased."] = 30
    keep_crisis_days: Annotated[
        int, int_schema(ge=1, le=3650), "Days after which a conversation in which danger was raised is erased."
    ] = 180
    public_url: Annotated[
        str | None,
        no_info_after_validator_function(_without_slash, str_schema(pattern="^https?://[^/ ]+/?$")),
        "Address under which people reach this server; it stands in alerts and in the desk's links.",
    ] = None
    alert_urls: Annotated[
        tuple[tuple[Secret, ...], ...],
        no_info_after_validator_function(_alert_steps, str_schema()),
        "Apprise addresses that are told when somebody needs a person; steps of the ladder are parted by |.",
    ] = ()
    alert_text: Annotated[
        bool, bool_schema(), "Whether an alert may quote the message; otherwise it says what, how grave, when, and where."
    ] = False
    ladder_imminent: Annotated[Ladder, _LADDER, "Minutes after which the team is told of imminent danger."] = URGENT
    ladder_high: Annotated[Ladder, _LADDER, "The same for other danger."] = URGENT
    ladder_moderate: Annotated[Ladder, _LADDER, "The same for danger that is hinted at."] = URGENT
    ladder_ordinary: Annotated[Ladder, _LADDER, "The same for a wish for a person, and a question without an answer."] = (
        ORDINARY
    )
    opening_hours: Annotated[
        str | None,
        str_schema(min_length=2),
        "When the team is there, as in OpenStreetMap: Mo-Fr 09:00-17:00; PH off. Unset: nothing is said about it.",
    ] = None
    time_zone: Annotated[str, str_schema(min_length=1), "Time zone of the opening hours, such as Europe/London."] = "UTC"
    desk_session_hours: Annotated[int, int_schema(ge=1, le=168), "Hours after which a log-in to the desk ends."] = 12
    slack_api_url: Annotated[str, str_schema(pattern="^https?://.+"), "Where Slack's API is; another one for tests."] = (
        "https://slack.com/api/"
    )
    slack_handoff_channel: Annotated[
        str | None, str_schema(pattern="^[CG][A-Z0-9]{5,}$"), "Id of the channel in which handoffs appear."
    ] = None
    slack_on_call: Annotated[
        str | None,
        str_schema(pattern="^[SUW][A-Z0-9]{5,}$"),
        "Id of the user group, or user, that is mentioned when somebody is in danger.",
    ] = None
    slack_shared_channels: Annotated[
        tuple[str, ...],
        no_info_after_validator_function(_listed, str_schema()),
        "Ids of channels shared with other organisations in which questions may be answered; none by default.",
    ] = ()
    slack_bot_token: Annotated[Secret | None, no_info_after_validator_function(Secret, str_schema()), _SLACKS_OWN] = None
    slack_signing_secret: Annotated[Secret | None, no_info_after_validator_function(Secret, str_schema()), _SLACKS_OWN] = (
        None
    )
    slack_app_token: Annotated[Secret | None, no_info_after_validator_function(Secret, str_schema()), _SLACKS_OWN] = None
    rate_conversation: Annotated[int, int_schema(ge=1), "Messages a minute in one conversation."] = 60
    rate_address: Annotated[int, int_schema(ge=1), "Calls a minute from one address."] = 600
    rate_starts: Annotated[int, int_schema(ge=1), "New conversations an hour from one address."] = 120
    trusted_proxies: Annotated[
        int, int_schema(ge=0, le=5), "Proxies before this server whose X-Forwarded-For is believed."
    ] = 0
    max_conversations: Annotated[
        int,
        int_schema(ge=1),
        "Conversations at hand in memory; the one idle longest goes first when it is full.",
    ] = 10_000

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url else self.data_dir / "handrail.db"

    @property
    def base_url(self) -> str:
        """Where people reach this server, for the links in alerts and invitations."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def ladders(self) -> Ladders:
        """The ladders by severity."""
        return Ladders(
            imminent=self.ladder_imminent,
            high=self.ladder_high,
            moderate=self.ladder_moderate,
            ordinary=self.ladder_ordinary,
        )


_CHECKER = Checker(Settings)


def read_settings(**overrides: object) -> Settings:
    """Read the settings; raise ``SettingsError`` naming every bad one at once."""
    given = {**_set_by_operator(), **{name: value for name, value in overrides.items() if value is not None}}
    try:
        return _CHECKER.read(given)
    except ValidationError as error:
        lines = [
            f"{name_of('_'.join(str(part) for part in problem['loc']))}: {problem['msg']}"
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
    return {each.name: value for each in fields(Settings) if (value := by_name.get(name_of(each.name))) is not None}


def name_of(field: str) -> str:
    """Return the name under which an operator sets a field."""
    return field.upper() if field in _UNPREFIXED else f"{PREFIX}{field.upper()}"
