"""Measures the answers on labelled questions and triage on labelled messages, and reports what it measured."""

from bot.evaluation.measure import Question, Report, evaluate, read_questions
from bot.evaluation.report import print_report, write_page
from bot.evaluation.safety import Case, SafetyReport, measure_safety, read_cases
from bot.evaluation.safety_report import print_safety, write_safety_page

__all__ = [
    "Case",
    "Question",
    "Report",
    "SafetyReport",
    "evaluate",
    "measure_safety",
    "print_report",
    "print_safety",
    "read_cases",
    "read_questions",
    "write_page",
    "write_safety_page",
]
