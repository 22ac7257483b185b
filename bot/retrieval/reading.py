"""Reads a message the way it was meant: a long one by the parts that ask, a dependent one with the turns before.

Every such part, and the whole, is scored against every answer, and the scores are put together before anything is decided.
Choosing the part that looks most certain instead gets half of all stories wrong: a side remark often fits some answer
better than the question fits its own. Measured on the development questions (470, ``tests/eval``), share whose first
candidate is right: whole message .76, most certain part .72, put together .80; follow-ups .51 alone, .73 with context.
"""

import re
from collections.abc import Sequence

import numpy as np

from bot.retrieval.index import Index, Ranking, Scores
from bot.retrieval.questions import LONG_WORDS, Dependence, dependence_of, parts_of

MAX_TURN_CHARS = 4_000
MAX_PART_WORDS = 60  # of one part; a longer one is read to here
MAX_WHOLE_WORDS = 200
CONTEXT_TURNS = 2
CONTEXT_WEIGHT, JOINED_WEIGHT = 0.3, 0.5  # of the turns before by themselves, and of them with this turn
FRAMED_WEIGHT = 2.0  # of the last question with another subject put in, beside this turn alone
MAX_NAMED_WORDS = 2  # content words of "and Australia?", which names another subject for the last question
_OPENING = re.compile(r"^(?:(?:and|or|but|so) )?(?:(?:what|how) about )?(?:(?:for|in|with|to|of|from) )?(?:(?:the|a|an) )?")
DEPENDENCE_WEIGHT = {Dependence.NONE: 0.3, Dependence.SOME: 0.6, Dependence.FULL: 1.0}


def read(index: Index, text: str, tokens: Sequence[str], earlier: Sequence[str] = ()) -> Ranking:
    """Rank the answers for a message.

    Args:
        index: where to look.
        text: the message.
        tokens: its words, at least one.
        earlier: the visitor's turns before, oldest first.
    """
    scores = _by_parts(index, text, tokens)
    if earlier:
        scores = _with_context(index, text, tokens, earlier, scores)
    return index.judge(scores)


def _by_parts(index: Index, text: str, tokens: Sequence[str]) -> Scores:
    whole = index.weigh(tokens[:MAX_WHOLE_WORDS])
    if len(tokens) <= LONG_WORDS:
        return whole
    weighed = [
        index.weigh(words[:MAX_PART_WORDS])
        for part in parts_of(text)
        if part.asks and (words := index.analyzer.tokens(part.text))
    ]
    if not weighed:
        return whole
    by_part = np.array([scores.decisions for scores in weighed])
    decisions = (by_part.max(axis=0) + whole.decisions) / 2
    deciding = weighed[int(by_part[:, int(decisions.argmax())].argmax())]
    return Scores(
        tokens=deciding.tokens,
        cosines=np.maximum(deciding.cosines, whole.cosines),
        decisions=decisions,
        background=(max(scores.background for scores in weighed) + whole.background) / 2,
        part=by_part.max(axis=0),
    )


def _in_the_same_frame(index: Index, tokens: Sequence[str], before: Sequence[str]) -> list[str]:
    """Return the last question with its subject replaced by what this turn names; nothing where it names nothing.

    "Is it allowed in the Netherlands?" to "And Australia?" asks "Is it allowed in Australia?".
    """
    named = _OPENING.sub("", " ".join(tokens)).split()
    content = index.content_words(before[:MAX_PART_WORDS])
    if not 0 < len(named) <= MAX_NAMED_WORDS or index.content_words(named) != named or not content:
        return []
    subject = max(content, key=index.rarity)
    return [word for token in before[:MAX_PART_WORDS] for word in (named if token == subject else [token])]


def _with_context(index: Index, text: str, tokens: Sequence[str], earlier: Sequence[str], alone: Scores) -> Scores:
    """Add what the turns before speak of; the less a turn says by itself, the more."""
    context = [
        token for turn in earlier[-CONTEXT_TURNS:] for token in index.analyzer.tokens(turn[:MAX_TURN_CHARS])[:MAX_PART_WORDS]
    ]
    if not context:
        return alone
    share = DEPENDENCE_WEIGHT[dependence_of(text, index.content_words(tokens))]
    before, joined = index.weigh(context), index.weigh([*context, *tokens[:MAX_PART_WORDS]])
    full = share == DEPENDENCE_WEIGHT[Dependence.FULL]
    framed = _in_the_same_frame(index, tokens, index.analyzer.tokens(earlier[-1][:MAX_TURN_CHARS])) if full else []
    if framed:
        joined = index.weigh(framed)
    weight, joint = (0.0, FRAMED_WEIGHT) if framed else (share * CONTEXT_WEIGHT, share * JOINED_WEIGHT)
    return Scores(
        tokens=joined.tokens if full else alone.tokens,
        cosines=np.maximum(alone.cosines, joined.cosines) if full else alone.cosines,
        decisions=(alone.decisions + weight * before.decisions + joint * joined.decisions) / (1 + weight + joint),
        background=alone.background if not full else (alone.background + joined.background) / 2,
        part=np.maximum(alone.part, joined.decisions) if full else alone.part,
    )
