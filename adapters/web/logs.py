"""Log lines as JSON on standard error: a fixed sentence and fields; never the text of a message or anything of a person."""

import logging
import sys

import structlog

OURS = "handrail"


def set_up_logs(level: str) -> None:
    """Send log lines to standard error, one JSON object a line: Handrail's own whole, a library's stripped of its words."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Discreet(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.stdlib.ExtraAdder(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())


class _Discreet(structlog.stdlib.ProcessorFormatter):
    """Keeps a library's line to its name and the type of the error.

    aiohttp quotes a request it cannot read together with the visitor's address, and asyncio an exception with its message.
    """

    def format(self, record: logging.LogRecord) -> str:
        if record.name.partition(".")[0] == OURS:
            return super().format(record)
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        told = logging.LogRecord(record.name, record.levelno, "", 0, "a library reported a fault", None, None)
        told.__dict__.update(library=record.name, error=error)
        return super().format(told)
