"""A knowledge pack: its files, read and checked by ``loader``, and what of them is served, in ``book``.

Only the book is imported here: the loader brings pydantic, YAML and Markdown, which a start with a saved index spares.
"""

from bot.content.book import Answer, Book, Source

__all__ = ["Answer", "Book", "Source"]
