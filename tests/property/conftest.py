"""The profile of the property tests: the same examples every time, and few enough for every commit."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.vendor.pretty import RepresentationPrinter

from bot.assembly import Core

settings.register_profile(
    "handrail",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("handrail")


class QuietCore(Core):
    """A core that is short when it is printed: Hypothesis prints the arguments of an example that fails."""

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:  # noqa: FBT001 - Hypothesis calls it
        printer.text("Core(...)")


def quiet(core: Core) -> Core:
    """The same core, short when it is printed."""
    return QuietCore(**{field.name: getattr(core, field.name) for field in fields(core)})


@pytest.fixture(scope="session", name="core")
def quiet_core(core: Core) -> Core:
    """The real pack, as in the tests above this folder."""
    return quiet(core)


@pytest.fixture(scope="session", name="small_core")
def quiet_small_core(small_core: Core) -> Core:
    """The small pack, as in the tests above this folder."""
    return quiet(small_core)
