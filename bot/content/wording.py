"""The bot's own sentences: which of them a pack must have, and what may stand in their braces.

The loader refuses a pack that lacks one, since the first to notice would be a visitor, perhaps in danger.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter

from bot.model import SEVERITIES, Happened

GRADED = ("crisis_self", "crisis_other", "crisis_staff", "crisis_harm_others", "crisis_abuse")  # by severity
SAFETY = frozenset(
    (
        *(f"{name}_{severity}" for name in GRADED for severity in SEVERITIES),
        *"crisis_self_next crisis_again crisis_lower crisis_noted crisis_staff_noted".split(),
        *"emergency_self emergency_other emergency_staff distress human medical_advice sourcing latched unsure".split(),
        *"nobody_told_danger away_danger away_until_danger nobody_told_human".split(),
        *"nobody_told_offered away_offered away_until_offered".split(),  # below the card for distress, among others
    )
)
NEEDED = SAFETY | frozenset(
    (
        "ask_person hello status status_time_bound overdue withdrawn two clarify abstain_on_subject abstain_off_subject "
        "empty too_long many other_language answers_in latched_answer emergency_number_unknown emergency_elsewhere "
        "human_contact medical_advice_general question_noted failure footer footer_unknown line_call line_text line_chat "
        "nobody_told away away_until back_today back_tomorrow back_on back_date too_many privacy someone person_typing"
    ).split()
    + [f"fact_{each.value}" for each in Happened]
)
_DATES = frozenset({"reviewed_on", "reviewed_by", "review_by"})
_FILLED: Mapping[str, frozenset[str]] = {
    "status": _DATES,
    "status_time_bound": _DATES,
    "overdue": _DATES,
    "withdrawn": _DATES,
    "human_contact": frozenset({"contact"}),
    "footer": frozenset({"number"}),
    "privacy": frozenset({"days", "crisis_days"}),
    "back_on": frozenset({"day", "time"}),
    "back_date": frozenset({"day", "date", "time"}),
    **dict.fromkeys(("back_today", "back_tomorrow"), frozenset({"time"})),
    **dict.fromkeys(("away_until", "away_until_danger", "away_until_offered"), frozenset({"back"})),
    **dict.fromkeys(("fact_here", "person_typing"), frozenset({"name"})),
    **dict.fromkeys(("line_call", "line_text", "line_chat"), frozenset({"to"})),
}


def missing(say: Mapping[str, Sequence[str]], topics: Iterable[str]) -> list[str]:
    """Return the names of the sentences that a pack with these topics of small talk needs and lacks."""
    return sorted({*NEEDED, *(f"smalltalk_{topic}" for topic in topics)} - set(say))


def wrong_braces(say: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the name of each sentence whose braces can't be filled in, and what is wrong with them."""
    for name, text in ((name, text) for name, variants in say.items() for text in variants):
        allowed = {"subject"} | _FILLED.get(name, frozenset())
        try:
            found = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
        except ValueError:
            yield name, "a brace is not closed. Write {{ for a brace that should be shown."
            continue
        for field in sorted(found - allowed):
            known = ", ".join(f"{{{each}}}" for each in sorted(allowed))
            yield name, f"nothing fills in {{{field}}} here. Use {known}, or write it out."
