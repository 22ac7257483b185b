"""The index beside slow references, and what holds for every query."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.assembly import Core
from bot.content.loader import load
from bot.content.schema import KnowledgeBase
from bot.retrieval.index import Index
from bot.text import Concepts
from tests.conftest import ROOT, SMALL_PACK
from tests.property.strategies import any_text

TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    """The real pack, as its files have it."""
    return load(ROOT / "knowledge")


class Reference:
    """scikit-learn's vectorizers, fitted on the same phrasings: what the fast index must agree with."""

    def __init__(self, index: Index) -> None:
        """Fit on the phrasings of an index."""
        from bot.retrieval.build import vectorizers, vectors

        data = index.data
        self._vectors = vectors
        self._both = vectorizers(Concepts.of(data.concepts))
        self.matrix = vectors(self._both, [index.analyzer.tokens(phrasing) for phrasing in data.phrasings], fitting=True)
        names = [name for each in self._both for name in each.get_feature_names_out()]
        assert tuple(names) == data.terms

    def vector(self, tokens: list[str]) -> NDArray[np.float32]:
        """One row over all terms."""
        return np.asarray(self._vectors(self._both, [tokens]).todense()).ravel()


@pytest.fixture(scope="module")
def reference(small_core: Core) -> Reference:
    """The reference for the small pack."""
    return Reference(small_core.searcher.index)


@given(text=any_text)
def test_cosines_agree_with_scikit_learn(small_core: Core, reference: Reference, text: str) -> None:
    """The cosine of any query to every phrasing is that of the matrix product, and in [0, 1]."""
    index = small_core.searcher.index
    tokens = index.analyzer.tokens(text)
    cosines = index.cosines(tokens)
    slow = reference.matrix @ reference.vector(tokens)
    assert cosines.shape == (len(index.data.phrasings),)
    assert np.abs(cosines - slow).max(initial=0.0) < TOLERANCE
    assert -TOLERANCE < cosines.min() <= cosines.max() < 1 + TOLERANCE


@given(tokens=st.lists(st.sampled_from("book books banana bananas late fee fees a aa aaaa how howhow zzz 7".split())))
def test_what_words_share_and_repeat_is_weighed_as_scikit_learn_does(
    small_core: Core, reference: Reference, tokens: list[str]
) -> None:
    """Words that share n-grams, come twice, or hold an n-gram twice, are still sublinear in their count."""
    index = small_core.searcher.index
    slow = reference.matrix @ reference.vector(tokens)
    assert np.abs(index.cosines(tokens) - slow).max(initial=0.0) < TOLERANCE


@given(text=any_text)
def test_decisions_agree_with_the_plain_product(small_core: Core, reference: Reference, text: str) -> None:
    """The classifier's decision for every answer, and for none, is the product of the query's vector and its weights."""
    index = small_core.searcher.index
    tokens, data = index.analyzer.tokens(text), index.data
    vector = reference.vector(tokens)
    sums = index._postings.sums(tokens)
    assert np.abs(sums.learnt - (vector @ data.classifier + data.bias)).max() < 10 * TOLERANCE
    background = vector @ data.background[:-1] + data.background[-1]
    assert abs(sums.background - background) < 10 * TOLERANCE


@given(data=st.data())
def test_the_real_packs_vectors_agree_too(core: Core, data: st.DataObject) -> None:
    """On the real pack every phrasing has a cosine of 1 to itself and none above."""
    index = core.searcher.index
    at = data.draw(st.integers(0, len(index.data.phrasings) - 1))
    cosines = index.cosines(index.analyzer.tokens(index.data.phrasings[at]))
    assert abs(cosines[at] - 1) < TOLERANCE
    assert cosines.max() < 1 + TOLERANCE


@given(text=any_text, earlier=st.lists(any_text, max_size=3))
def test_scores_stay_between_nought_and_one(small_core: Core, text: str, earlier: list[str]) -> None:
    """Whatever is asked after whatever was said, scores are probabilities, best first, each answer once."""
    findings = small_core.searcher.search(text, earlier)
    scores = [each.score for each in findings.candidates]
    assert all(0 <= score <= 1 for score in [*scores, findings.among, findings.known_words])
    assert scores == sorted(scores, reverse=True)
    ids = [each.answer_id for each in findings.candidates]
    assert len(ids) == len(set(ids))


@given(data=st.data())
def test_a_stored_phrasing_finds_its_own_answer(core: Core, knowledge: KnowledgeBase, data: st.DataObject) -> None:
    """Each way to ask that an editor wrote down gets the answer it stands under."""
    answer = data.draw(st.sampled_from(list(knowledge.approved().values())))
    phrasing = data.draw(st.sampled_from([answer.question, *answer.phrasings]))
    assert core.searcher.search(phrasing).candidates[0].answer_id == answer.id


def test_every_phrasing_of_the_small_pack_finds_its_own_answer(small_core: Core) -> None:
    """No phrasing is lost, in capitals and with marks around it either."""
    lost = [
        phrasing
        for answer in load(SMALL_PACK).approved().values()
        for phrasing in (answer.question, *answer.phrasings)
        for text in (phrasing, f"  {phrasing.upper()}!! ")
        if small_core.searcher.search(text).candidates[0].answer_id != answer.id
    ]
    assert lost == []


@given(text=any_text)
def test_the_same_query_gives_the_same_findings(small_core: Core, text: str) -> None:
    """Searching has no memory."""
    assert small_core.searcher.search(text) == small_core.searcher.search(text)
