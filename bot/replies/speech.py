"""The pack's own sentences: in the visitor's language where there is one, and by turns where there are variants."""

from bot.content import Book
from bot.replies.setting import Setting


class Speech:
    """Says one sentence of a pack."""

    def __init__(self, book: Book) -> None:
        """Take a pack's book."""
        self._book = book

    def language(self, setting: Setting | None = None) -> str:
        """Return the language that sentences are said in: the visitor's, else the pack's."""
        return setting.locale if setting and setting.locale in self._book.wording else self._book.locale

    def say(self, name: str, setting: Setting | None = None, /, **values: str) -> str:
        """Return a sentence with its braces filled in."""
        wording = self._book.wording[self.language(setting)]
        variants = wording.say[name]
        text = variants[setting.nth % len(variants) if setting else 0]
        return text.format(subject=wording.subject, **values).strip()
