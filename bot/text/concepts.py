"""Words and idioms that mean the same here, so that a question can match without sharing a word.

A concept has a name and the phrases that stand for it ("pricey", "what would I pay"). Wherever one of them occurs, in a
query or in a phrasing, the concept's own term is added beside the words.
"""

from collections.abc import Iterable, Mapping, Sequence

CONCEPT_MARK = "c:"


class Concepts:
    """Finds concepts in a sequence of stems; longest phrase first at each place."""

    def __init__(self, phrases: Mapping[tuple[str, ...], Sequence[str]]) -> None:
        """Take phrases as tuples of stems, each with the names of the concepts it stands for."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
        for phrase, names in phrases.items():
            marked = tuple(CONCEPT_MARK + name for name in names)
            self._by_first.setdefault(phrase[0], []).append((phrase, marked))
        for options in self._by_first.values():
            options.sort(key=lambda option: -len(option[0]))

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, Sequence[str]]]) -> "Concepts":
        """Build from ``(concept name, stems of one phrase)`` pairs; a phrase may stand for several concepts."""
        table: dict[tuple[str, ...], list[str]] = {}
        for name, stems in phrases:
            names = table.setdefault(tuple(stems), [])
            if name not in names:
                names.append(name)
        return cls(table)

    def find(self, stems: Sequence[str]) -> list[str]:
        """Name the concepts in a text, each once, in the order met."""
        found: dict[str, None] = {}
        for at, stem in enumerate(stems):
            for phrase, names in self._by_first.get(stem, ()):
                if len(phrase) == 1 or tuple(stems[at : at + len(phrase)]) == phrase:
                    found.update(dict.fromkeys(names))
        return list(found)
