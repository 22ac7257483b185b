"""Danger first: looks at every message before anything else does.

This is the first version: plainly stated danger, emergencies, requests for a person, medical advice and sourcing, in
English, from the rules and the training messages under ``knowledge/safety/``. It stands behind one function,
``Triage.route``, so that what comes after it does not know how it decides.
"""

from bot.triage.classifier import Classifier, ClassifierData
from bot.triage.triage import Triage

__all__ = ["Classifier", "ClassifierData", "Triage"]
