"""Counts for Prometheus; no label holds anything about a person."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from bot.model import Turn


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        """Make the counters, in a registry of their own."""
        self.registry = CollectorRegistry()
        self.conversations = Counter("handrail_conversations", "Conversations started", registry=self.registry)
        self.turns = Counter("handrail_turns", "Turns by kind", ["kind"], registry=self.registry)
        self.answers = Counter("handrail_answers", "Answers served, by answer", ["answer"], registry=self.registry)
        self.feedback = Counter(
            "handrail_feedback",
            "Feedback by answer, verdict and reason",
            ["answer", "verdict", "reason"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "handrail_turn_seconds",
            "Time to decide and record a turn",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
            registry=self.registry,
        )

    def observe(self, turn: Turn) -> None:
        """Count one turn."""
        self.turns.labels(turn.kind.value).inc()
        self.seconds.observe(turn.ms / 1000)
        for answer_id in turn.answer_ids:
            self.answers.labels(answer_id).inc()

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)
