"""How well triage does, measured."""

from typing import cast

import pytest

from bot.errors import EvaluationError
from bot.evaluation.safety import Case, measure_safety
from bot.triage import Triage
from bot.triage.rules import Rules


class NoRules:
    """Rules that fail."""

    def hits(self, views: list[str]) -> None:
        """Fail."""
        raise RuntimeError(str(views))


def test_a_layer_that_fails_is_no_result() -> None:
    """What triage goes on without in front of a visitor must not pass for a measurement."""
    case = Case(id="1", text="i want to kill myself", expect="crisis")
    with pytest.raises(EvaluationError, match=r"rules \(RuntimeError\)"):
        measure_safety(Triage(cast("Rules", NoRules())), [case])
