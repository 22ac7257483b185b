"""A long list of words that is looked into and never read whole: sorted bytes, memory-mapped, searched by halving."""

from collections.abc import Iterable, Iterator, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Words(Set[str]):
    """A set of words in an array; making a ``frozenset`` of 130,000 words would cost every start 13 ms."""

    def __init__(self, array: NDArray[np.bytes_]) -> None:
        """Take the words as ``array_of`` gives them: shape ``(n_words,)``, sorted, UTF-8."""
        self._array = array

    @staticmethod
    def array_of(words: Iterable[str]) -> NDArray[Any]:
        """Return the array that holds these words."""
        return np.array(sorted(word.encode() for word in words) or np.empty(0, "S1"))

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        sought = word.encode("utf-8", "surrogatepass")
        if len(sought) > self._array.itemsize:  # NumPy would widen the whole array first
            return False
        at = int(self._array.searchsorted(sought))
        return at < len(self._array) and bool(self._array[at] == sought)

    def __iter__(self) -> Iterator[str]:
        return (word.decode() for word in self._array.tolist())

    def __len__(self) -> int:
        return len(self._array)
