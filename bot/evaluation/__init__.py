"""Measures the answers on labelled questions, and reports what it measured."""

from bot.evaluation.measure import Question, Report, evaluate, read_questions
from bot.evaluation.report import print_report, write_page

__all__ = ["Question", "Report", "evaluate", "print_report", "read_questions", "write_page"]
