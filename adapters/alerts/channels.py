"""Ways to tell the team, by Apprise. Their addresses hold secrets: they are shown nowhere, nor is the text of an error."""

import asyncio
import logging
import re
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from adapters.alerts.notice import Notice
from bot.settings import Secret

if TYPE_CHECKING:
    from apprise import AppriseAsset

SEND_WITHIN_S = 10.0
THREADS = 4  # for each channel, so that one that hangs holds up no other
# These name addresses and hosts; Handrail says by itself which channel failed.
TALKATIVE = ("apprise", "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry", "requests")
_SCHEME = re.compile(r"([a-z][a-z0-9]{1,19})://", re.IGNORECASE)
_WEBHOOKS = ("json", "jsons", "xml", "xmls", "form", "forms")
_MAIL = ("mailto", "mailtos")
# What each service takes for a repetition of the same event, as a parameter of its Apprise address.
REPETITION = {
    **dict.fromkeys(_WEBHOOKS, "+Idempotency-Key={key}"),
    **dict.fromkeys(_MAIL, "+References=%3C{thread}%40alerts.invalid%3E"),
    **dict.fromkeys(
        ("pagerduty", "goalert", "goalerts", "ilert", "incidentio", "pagertree", "signl4", "squadcast"), "dedup={key}"
    ),
    **dict.fromkeys(("opsgenie", "jira"), "alias={key}"),
    **dict.fromkeys(("splunk", "victorops"), "entity_id={key}"),
}


class Channel(Protocol):
    """One way to tell the team."""

    @property
    def name(self) -> str:
        """What it is called in logs, on the desk and in alerts: its place in the settings and its kind."""
        ...

    @property
    def step(self) -> int:
        """From which step of a ladder on it is used; 0 for the first."""
        ...

    async def send(self, notice: Notice) -> None:
        """Hand a notice to the receiver; any exception means that it was not taken."""
        ...


class NotDelivered(Exception):
    """The receiver did not take it, or could not be reached."""


class AppriseChannel:
    """An address that Apprise understands."""

    def __init__(self, url: Secret, *, name: str, step: int, send_within_s: float = SEND_WITHIN_S) -> None:
        """Take the address and what the channel is called."""
        self.name, self.step = name, step
        self._url = url
        self._send_within_s = send_within_s
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="alerts")

    def __repr__(self) -> str:
        return f"AppriseChannel({self.name!r})"

    async def send(self, notice: Notice) -> None:
        """Hand a notice to the receiver.

        Raises:
            NotDelivered: it was refused, or nobody was there.
            TimeoutError: it took too long; it may arrive all the same.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._send_within_s):
            if not await loop.run_in_executor(self._threads, self._send, notice):
                raise NotDelivered

    def close(self) -> None:
        """Let go of the threads; those that still send end by the limits of their sockets."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, notice: Notice) -> bool:
        from apprise import Apprise, NotifyFormat, NotifyType

        # Each notice gets a service of its own: the key is part of the address, and a shared one would make
        # the second alert of a minute wait for Apprise's own throttle (5.5 s with many services).
        service = Apprise.instantiate(_addressed(self._url.reveal(), notice), asset=_asset())
        if service is None:
            return False
        outcome = Apprise(service, asset=_asset()).notify(
            title=notice.title,
            body=notice.body,
            notify_type=NotifyType.FAILURE if notice.urgent else NotifyType.INFO,
            body_format=NotifyFormat.TEXT,
        )
        # Attempts are looked at, since a service marked ?optional=yes counts as delivered whatever happened.
        return any(attempt for result in outcome.results for attempt in result.attempts)


def open_channels(
    steps: Sequence[Sequence[Secret]], *, send_within_s: float = SEND_WITHIN_S
) -> tuple[tuple[AppriseChannel, ...], tuple[str, ...]]:
    """Return the channels of each step, and a sentence for each address that cannot be used, without the address."""
    if not any(steps):
        return (), ()  # Apprise takes a tenth of a second to import
    from apprise import Apprise

    load_apprise()
    channels, faults = [], []
    numbered = enumerate(((step, url) for step, urls in enumerate(steps) for url in urls), start=1)
    for number, (step, url) in numbered:
        scheme = _scheme(url.reveal())
        if Apprise.instantiate(url.reveal(), asset=_asset()) is None:
            faults.append(
                f"HANDRAIL_ALERT_URLS: address {number} ({scheme}) is not one that Apprise understands. "
                "It is left out; the others are used."
            )
        else:
            channels.append(AppriseChannel(url, name=f"{number}: {scheme}", step=step, send_within_s=send_within_s))
    return tuple(channels), tuple(faults)


@cache
def load_apprise() -> None:
    """Have Apprise import its services, and silence all that would log addresses."""
    import urllib3
    from apprise import Apprise

    for name in TALKATIVE:
        logging.getLogger(name).disabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its mail service imports a module that Python will drop
        Apprise.instantiate("json://localhost", asset=_asset())
    urllib3.disable_warnings()  # of a certificate that the operator chose not to check: the warning names the host


@cache
def _asset() -> "AppriseAsset":
    """Return what Apprise is told: keep nothing on disk, run in our thread, fetch no pictures from anywhere."""
    from apprise import AppriseAsset

    return AppriseAsset(
        app_id="Handrail",
        app_desc="Handrail",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        storage_mode="memory",
        async_mode=False,
        service_timeout=0,  # ours holds; with one of its own Apprise would send from a pool that all channels share
        pgp_autogen=False,
        pem_autogen=False,
        language="en",
    )


def _scheme(url: str) -> str:
    found = _SCHEME.match(url)
    return found[1].lower() if found else "no scheme"


def _addressed(url: str, notice: Notice) -> str:
    """Add to an address what tells the receiver a repetition, and plain text for mail, unless the operator set them."""
    scheme = _scheme(url)
    wanted = [REPETITION.get(scheme, ""), "format=text" if scheme in _MAIL else ""]
    query = url.partition("?")[2].lower()
    for each in filter(None, wanted):
        if f"{each.partition('=')[0]}=".lower() not in query:
            url += ("&" if "?" in url else "?") + each.format(key=quote(notice.key), thread=quote(notice.thread))
    return url
