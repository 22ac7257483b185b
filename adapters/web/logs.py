"""Log lines as JSON on standard error: a fixed sentence and fields; never the text of a message or anything of a person."""

import json
import logging
import sys
from datetime import UTC, datetime

OURS = "handrail"
_BUILT_IN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}


def set_up_logs(level: str, form: str = "json") -> None:
    """Send log lines to standard error, one a line: Handrail's own whole, a library's stripped of its words."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ForPeople() if form == "people" else _Discreet())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())


class _Discreet(logging.Formatter):
    """Writes a record as JSON, and keeps a library's to its name and the type of the error.

    aiohttp quotes a request it cannot read together with the visitor's address, and asyncio an exception with its message.
    """

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.told(record), default=repr)

    @staticmethod
    def told(record: logging.LogRecord) -> dict[str, object]:
        """Return what may be written of a record."""
        if record.name.partition(".")[0] == OURS:
            event = record.getMessage()
            told = {name: value for name, value in vars(record).items() if name not in _BUILT_IN}
        else:
            event = "a library reported a fault"
            told = {
                "library": record.name,
                "error": record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None,
            }
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        return {"event": event, "level": record.levelname.lower(), "timestamp": at, **told}


class _ForPeople(_Discreet):
    """Writes the same as a line that is read in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        told = self.told(record)
        at, level, event = (str(told.pop(name)) for name in ("timestamp", "level", "event"))
        rest = " ".join(f"{name}={value}" for name, value in told.items())
        return f"{at[11:19]} {level:<7} {event}  {rest}".rstrip()
