"""``alerts test``: a marked test through every channel."""

from adapters.alerts import Tried, make_alerts, send_test, try_channels
from bot.settings import read_settings
from tests.alerts.conftest import FakeChannel, HttpReceiver


async def test_every_channel_of_every_step_is_tested() -> None:
    """What became of each is said in the order of the steps, and one failure makes the whole fail."""
    said: list[str] = []
    channels = [FakeChannel("2: ntfy", 1), FakeChannel("1: mailto", 0, OSError("secret"))]
    assert not await send_test(channels, said.append)
    assert said == ["step 1, channel 1: mailto: FAILED (OSError)", "step 2, channel 2: ntfy: taken"]
    assert await try_channels(channels) == [
        Tried(channel="1: mailto", step=0, error="OSError"),
        Tried(channel="2: ntfy", step=1),
    ]
    assert all(notice.title.startswith("TEST") for notice in channels[0].taken)


async def test_no_channel_is_a_failure() -> None:
    """A test that reaches nobody is not passed."""
    said: list[str] = []
    assert not await send_test([], said.append)
    assert "Nobody can be told" in said[0]


async def test_channels_of_the_settings_take_a_test(http: HttpReceiver) -> None:
    """From the setting to the receiver: three addresses in two steps, all of which take it."""
    base = f"127.0.0.1:{http.port}"
    settings = read_settings(alert_urls=f"json://{base}/a ntfy://{base}/b | form://{base}/c")
    channels, faults = make_alerts(settings)
    said: list[str] = []
    assert await send_test(channels, said.append)
    assert (len(said), faults) == (3, ())
    assert [(each.name, each.step) for each in channels] == [("1: json", 0), ("2: ntfy", 0), ("3: form", 1)]
    assert sorted(path for path, _, _ in http.asked) == ["/", "/a", "/c"]
    for channel in channels:
        channel.close()
