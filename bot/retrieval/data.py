"""What an index is made of: names, numbers and arrays, as ``build.py`` fits them and ``storage.py`` keeps them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.calibration import Calibration
from bot.model import AnswerId


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexData:
    """All that an index is made of; arrays may be memory-mapped and are never written to."""

    answer_ids: tuple[AnswerId, ...]
    phrasings: tuple[str, ...]  # ordered by answer
    terms: tuple[str, ...]  # words and concepts first, then character n-grams
    n_word_terms: int
    token_frequencies: dict[str, int]
    english: frozenset[str]
    function_words: frozenset[str]
    concepts: tuple[tuple[str, tuple[str, ...]], ...]
    idf: NDArray[np.float32]  # (n_terms,)
    indptr: NDArray[np.int64]  # (n_terms + 1,)
    docs: NDArray[np.int32]  # (n_postings,)
    weights: NDArray[np.float32]  # (n_postings,)
    answer_starts: NDArray[np.int64]  # (n_answers,) first phrasing of each
    centroid_norms: NDArray[np.float32]  # (n_answers,)
    classifier: NDArray[np.float32]  # (n_terms, n_answers), or (0, n_answers) where the pack is too large for one
    bias: NDArray[np.float32]  # (n_answers,)
    background: NDArray[np.float32]  # (n_terms + 1,) the classifier's "no answer", its bias last; empty without examples
    text_indptr: NDArray[np.int64]  # BM25 postings over question and answer text; empty where no answer needs them
    text_docs: NDArray[np.int32]
    text_weights: NDArray[np.float32]
    calibration: Calibration | None
