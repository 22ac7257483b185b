"""Log lines as JSON on standard error: a fixed sentence and fields; never the text of a message or anything of a person."""

import logging
import sys

import structlog


def set_up_logs(level: str) -> None:
    """Send Handrail's log lines to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
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
    root = logging.getLogger("handrail")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False
