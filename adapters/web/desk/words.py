"""How the desk says things: kinds, severities, times and places in plain words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.handoff import is_urgent
from bot.model import Handoff, Happened, Kind, Owner, Standing

KINDS = {
    Kind.ANSWER: "An answer",
    Kind.CLARIFY: "Asked which was meant",
    Kind.SMALLTALK: "Small talk",
    Kind.ABSTAIN: "Question without an answer",
    Kind.CRISIS: "Crisis",
    Kind.EMERGENCY: "Medical emergency",
    Kind.DISTRESS: "Distress",
    Kind.HUMAN: "Asks for a person",
    Kind.MEDICAL_ADVICE: "Asks for medical advice",
    Kind.SOURCING: "Asks where to get it",
    Kind.RELAYED: "To the responder",
}
ABOUT = {"self": "about themselves", "other": "about somebody else", "staff": "a case that staff relay"}
VARIANTS = {"abuse": "abuse", "harm_others": "harm to others"}
SEVERITIES = {"imminent": "imminent", "high": "high", "moderate": "moderate"}
LABELS = {
    "crisis-self": "Crisis: about themselves",
    "crisis-other": "Crisis: about somebody else",
    "crisis-staff": "Crisis: a case that staff relay",
    "crisis-harm": "Crisis: harm to others",
    "crisis-abuse": "Crisis: abuse",
    "emergency-self": "Medical emergency: themselves",
    "emergency-other": "Medical emergency: somebody else",
    "emergency-staff": "Medical emergency: a case that staff relay",
    "distress": "Distress without danger",
    "human": "Wish for a person",
    "sourcing": "Where to get it, how much to take",
    "medical-advice": "Medical advice about themselves",
}
VERDICTS = {"real": "Real", "false_alarm": "False alarm", "missed": "Missed", "test": "Test"}


def subject_of(handoff: Handoff | None) -> tuple[str, str]:
    """Return what a handoff is, and more about it: ("Crisis, imminent", "about themselves")."""
    if handoff is None:
        return "Conversation", ""
    severity = f", {SEVERITIES[handoff.severity]}" if handoff.severity else ""
    return KINDS[handoff.kind] + severity, ABOUT[handoff.about] if is_urgent(handoff.kind) else ""


def gravity_of(handoff: Handoff | None) -> str:
    """Return how a handoff is marked: by its severity where it is urgent, "ordinary" otherwise."""
    if handoff is None or not handoff.urgent:
        return "ordinary"
    return handoff.severity or "high"


def standing_in_words(standing: Standing, me: str) -> str:
    """Return who has a conversation, in one sentence."""
    match standing.owner:
        case Owner.BOT:
            return "The assistant has this conversation."
        case Owner.QUEUED:
            return "Waiting: nobody has this conversation yet."
        case Owner.CLOSED:
            return "Closed."
        case Owner.PERSON:
            has_it = standing.responder
            if has_it is not None and has_it.id == me:
                return "You have this conversation."
            return f"{has_it.name if has_it else 'Somebody'} has this conversation."


def fact_in_words(what: Happened, name: str) -> str:
    """Return what the visitor was told, as a responder reads it."""
    match what:
        case Happened.SENT:
            return "An alert reached the team."
        case Happened.SEEN:
            return "A responder looked."
        case Happened.HERE:
            return f"{name} took over."
        case Happened.WAITING:
            return "Put back into the queue."
        case Happened.BACK:
            return "Handed back to the assistant."
        case Happened.CLOSED:
            return "Closed."


def ago(at: datetime, now: datetime) -> str:
    """Return how long something has lasted: "12 min"; desk.js says it in the same words."""
    minutes = max(0, int((now - at).total_seconds())) // 60
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    days = minutes // (24 * 60)
    return f"{days} day{'s' if days > 1 else ''}"


def clock_time(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a time as it stands beside an entry: the hour, with the day unless that is today."""
    there = at.astimezone(zone)
    is_today = there.date() == now.astimezone(zone).date()
    return f"{there:%H:%M}" if is_today else f"{there.day} {there:%b}, {there:%H:%M}"


def language_of(locale: str) -> str:
    """Return the English name of a language; what a page claims may be anything."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(locale.replace("_", "-"), sep="-").get_language_name("en") or "unknown"
    except (UnknownLocaleError, ValueError, TypeError):
        return "unknown"


def country_of(code: str | None) -> str:
    """Return the English name of a country."""
    from babel import Locale

    return str(Locale("en").territories.get((code or "").upper(), "unknown"))
