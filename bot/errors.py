"""Everything that can go wrong and that a caller can act on.

BotError
├── ContentError          a file of the pack is wrong: which file, which line, what to do
├── IndexUnreadable       a saved index is damaged or of another version; it is rebuilt
├── MessageRejected       a message is not of the form that the interface takes
├── ConversationUnknown   there is no such conversation, or it was erased
├── StoreUnavailable      what was said could not be recorded
│   ├── StoreDamaged      the database file is corrupt: restore a back-up
│   └── StoreFromLater    the database was written by a later version
├── HandoffError          an action of a responder does not fit what the conversation is at
│   ├── OwnerChanged      somebody took the conversation over, or gave it back, while a reply was made
│   ├── TakenByAnother    another responder was first: who
│   ├── NotYours          only who has claimed a conversation may do that
│   ├── NotReactedTo      danger was raised meanwhile: nobody ends a case before it was reacted to
│   └── NothingWaits      there is nothing to claim, release or close
├── TooMany               more calls in a short time than the settings allow (adapters/web/limits.py)
├── AccountRejected       an account of the desk cannot be made, changed or removed like that (adapters/web/desk/accounts.py)
├── EvaluationError       a file of labelled questions cannot be read
├── VerdictsUnreadable    the file of responders' verdicts has faults: which lines, what to do
├── LessonsNotKept        what verdicts taught could not be written; the training messages are as they were
├── SettingsError         settings are wrong, all of them named (bot/settings.py)
└── PortInUse             the port to serve on is taken (adapters/web/server.py)
"""


class BotError(Exception):
    """Something went wrong in Handrail."""

    def __init__(self, message: str | None = None) -> None:
        """Take a message; the class's docstring is the default."""
        super().__init__(message or (type(self).__doc__ or "").strip())


class ContentError(BotError):
    """A file of the knowledge pack cannot be used."""


class IndexUnreadable(BotError):
    """The saved index is damaged or was made by another version."""


class MessageRejected(BotError):
    """The message is not of the form that this interface takes."""


class ConversationUnknown(BotError):
    """There is no such conversation, or it was erased."""


class StoreUnavailable(BotError):
    """The conversation could not be recorded."""


class StoreDamaged(StoreUnavailable):
    """The database file is damaged. Restore a back-up: python run_bot.py restore FILE."""


class StoreFromLater(StoreUnavailable):
    """The database was written by a later version of Handrail. Start that version, or restore an older back-up."""


class HandoffError(BotError):
    """That is not possible now."""


class OwnerChanged(HandoffError):
    """Who owns the conversation changed in between."""


class TakenByAnother(HandoffError):
    """Another responder has this conversation."""

    def __init__(self, name: str) -> None:
        """Take the name of who has it."""
        super().__init__(f"{name} has this conversation.")
        self.name = name


class NotYours(HandoffError):
    """Claim this conversation first."""


class NotReactedTo(HandoffError):
    """Something came in that nobody has reacted to: read it, then reply or claim the conversation, and then end it."""


class NothingWaits(HandoffError):
    """Nobody waits in this conversation."""


class EvaluationError(BotError):
    """The file of labelled questions cannot be read."""


class VerdictsUnreadable(BotError):
    """The file of verdicts cannot be used."""


class LessonsNotKept(BotError):
    """What the verdicts taught could not be written; the training messages are as they were."""
