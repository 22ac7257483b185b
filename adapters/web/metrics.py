"""Counts for Prometheus; no label holds anything about a person.

Counting is plain addition; the client library, slow to import, is asked for when somebody first reads ``/metrics``.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.model import Turn

if TYPE_CHECKING:
    from prometheus_client import Metric

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The handoffs that are open."""

    queued: int  # waiting for somebody
    with_person: int
    oldest_s: float  # for how many seconds the first of those that wait has done so


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        """Begin at nought."""
        self._conversations = 0
        self._turns: Counter[str] = Counter()  # by kind
        self._answers: Counter[str] = Counter()  # by answer
        self._feedback: Counter[tuple[str, str, str]] = Counter()  # by answer, verdict and reason
        self._seconds = [0] * (len(BUCKETS_S) + 1)  # turns that took so long; the last is for those past all buckets
        self._seconds_sum = 0.0
        self._alerts: Counter[str] = Counter()  # attempts by outcome
        self.streams = 0  # open event streams
        self.waiting: Waiting | None = None  # None while the store is away
        self.store_queue: Callable[[], int] = lambda: 0  # writes that wait for the store

    def alerted(self, outcome: str) -> None:
        """Count one attempt to reach the team."""
        self._alerts[outcome] += 1

    def started(self) -> None:
        """Count a conversation."""
        self._conversations += 1

    def observe(self, turn: Turn) -> None:
        """Count one turn."""
        seconds = turn.ms / 1000
        self._turns[turn.kind.value] += 1
        self._answers.update(turn.answer_ids)
        self._seconds[bisect_left(BUCKETS_S, seconds)] += 1
        self._seconds_sum += seconds

    def rated(self, answer_id: str, verdict: str, reason: str) -> None:
        """Count what a visitor said of an answer."""
        self._feedback[answer_id, verdict, reason] += 1

    def text(self) -> bytes:
        """Return the exposition format."""
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> "Iterator[Metric]":
        """Yield the counters in the form of the client library, which calls this."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        yield CounterMetricFamily("handrail_conversations", "Conversations started", value=self._conversations)
        turns = CounterMetricFamily("handrail_turns", "Turns by kind", labels=["kind"])
        for kind, count in self._turns.items():
            turns.add_metric([kind], count)
        yield turns
        answers = CounterMetricFamily("handrail_answers", "Answers served, by answer", labels=["answer"])
        for answer_id, count in self._answers.items():
            answers.add_metric([answer_id], count)
        yield answers
        feedback = CounterMetricFamily(
            "handrail_feedback", "Feedback by answer, verdict and reason", labels=["answer", "verdict", "reason"]
        )
        for labels, count in self._feedback.items():
            feedback.add_metric(labels, count)
        yield feedback
        alerts = CounterMetricFamily("handrail_alerts", "Attempts to reach the team, by outcome", labels=["outcome"])
        for outcome, count in self._alerts.items():
            alerts.add_metric([outcome], count)
        yield alerts
        yield GaugeMetricFamily("handrail_streams", "Open event streams", value=self.streams)
        yield GaugeMetricFamily("handrail_store_queue", "Writes that wait for the store", value=self.store_queue())
        if self.waiting is not None:
            handoffs = GaugeMetricFamily("handrail_handoffs", "Open handoffs by owner", labels=["owner"])
            handoffs.add_metric(["queued"], self.waiting.queued)
            handoffs.add_metric(["person"], self.waiting.with_person)
            yield handoffs
            yield GaugeMetricFamily(
                "handrail_handoff_oldest_seconds", "How long the first that waits has waited", value=self.waiting.oldest_s
            )
        limits = [*map(str, BUCKETS_S), "+Inf"]
        buckets = list(zip(limits, accumulate(self._seconds), strict=True))
        yield HistogramMetricFamily(
            "handrail_turn_seconds", "Time to decide and record a turn", buckets=buckets, sum_value=self._seconds_sum
        )
