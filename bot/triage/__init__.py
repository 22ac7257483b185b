"""Danger first: looks at every message before anything else does.

Several views of a message, rules over words, a classifier, and the turns before, each of which can only raise. It stands
behind one function, ``Triage.route``, so that what comes after it does not know how it decides; ``Triage.explain`` says why.
"""

from bot.triage.classifier import Classifier, ClassifierData
from bot.triage.triage import Judgement, Triage

__all__ = ["Classifier", "ClassifierData", "Judgement", "Triage"]
