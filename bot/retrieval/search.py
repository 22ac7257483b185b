"""From what a person typed, and said before, to candidates with calibrated scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.calibration import Calibration
from bot.model import AnswerId, Candidate
from bot.retrieval.index import Index
from bot.retrieval.questions import MANY_QUESTIONS, separate_questions
from bot.retrieval.reading import MAX_PART_WORDS, read

MAX_QUERY_CHARS = 4_000  # about 700 words; what stands beyond is not read
EXACT_SCORE = 0.99  # a stored phrasing, word for word; a phrasing belongs to one answer only


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What retrieval found for one message."""

    candidates: tuple[Candidate, ...]  # best first
    among: float  # the chance that one of the first three is right
    second_question: tuple[Candidate, ...] = ()  # candidates for a second question in the same message
    n_questions: int = 1
    n_words: int = 0
    known_words: float = 1.0  # share of the words that are English or known to the pack; 0 where none is a word that joins
    lead: float = 1.0  # of the first candidate's decision over the second's
    is_terse: bool = False  # a word or two by themselves, which may mean several things

    @property
    def best(self) -> float:
        """The score of the best candidate, 0 when there is none."""
        return self.candidates[0].score if self.candidates else 0.0


NOTHING = Findings(candidates=(), among=0.0)
FOREIGN = Findings(candidates=(), among=0.0, known_words=0.0)  # letters, but of a script that holds no word of ours
MAX_TWO_WORDS = 45  # a longer message is a story, and its second question is mostly a manner of speaking
CLEAR_SCORE = 0.7
TERSE_WORDS = 2
JOINED_WORDS = 6
MIN_FOREIGN_LETTERS = 2
MAX_ODD_CHARS = 4  # "2c-b" may be a word; "7", "a" and "1.5" ask nothing


class Searcher:
    """Reads a message the way it was meant: whole or in parts, alone or with the turns before."""

    def __init__(self, index: Index) -> None:
        """Take an index that has been calibrated."""
        if index.data.calibration is None:
            raise ValueError("The index has no calibration; build it with bot.retrieval.build.build.")
        self.index = index
        self.calibration: Calibration = index.data.calibration
        self._puzzled = index.owner_of("??")

    def search(self, text: str, earlier: Sequence[str] = ()) -> Findings:
        """Return candidates for a message.

        Args:
            text: what the visitor typed; read to ``MAX_QUERY_CHARS``.
            earlier: the visitor's turns before, oldest first; read only when this one does not stand alone.
        """
        text = text[:MAX_QUERY_CHARS]
        tokens = self.index.analyzer.tokens(text)
        if not any(map(_asks_something, tokens)):
            return self._without_words(text)
        known = self._known_share(tokens)
        exact = self.index.exact(tokens)
        if exact is not None:
            return Findings(
                candidates=(Candidate(answer_id=exact, score=EXACT_SCORE, matched=text),),
                among=EXACT_SCORE,
                n_words=len(tokens),
            )
        questions = separate_questions(text)
        if len(questions) >= MANY_QUESTIONS:
            return Findings(candidates=(), among=0.0, n_questions=len(questions), n_words=len(tokens), known_words=known)
        ranking = read(self.index, text, tokens, earlier)
        found, lead = ranking.candidates(self.calibration), ranking.evidence.lead
        second: tuple[Candidate, ...] = ()
        if len(questions) >= 2 and len(tokens) <= MAX_TWO_WORDS:
            found, second = self._two(questions, found)
        return Findings(
            candidates=tuple(found[0]),
            among=found[1],
            second_question=second,
            n_questions=max(1, len(questions)),
            n_words=len(tokens),
            known_words=known,
            lead=1.0 if second else lead,
            is_terse=len(tokens) <= TERSE_WORDS and not earlier,
        )

    def _without_words(self, text: str) -> Findings:
        """Read what holds no word: "??" may be stored as a phrasing; other scripts are told from no letters at all."""
        marks = set(text) - {" ", "!"}
        if marks == {"?"} and self._puzzled is not None:
            candidate = Candidate(answer_id=self._puzzled, score=EXACT_SCORE, matched="??")
            return Findings(candidates=(candidate,), among=EXACT_SCORE)
        letters = sum(character.isalpha() for character in text)
        return NOTHING if letters < MIN_FOREIGN_LETTERS else FOREIGN

    def _two(
        self, questions: Sequence[str], whole: tuple[list[Candidate], float]
    ) -> tuple[tuple[list[Candidate], float], tuple[Candidate, ...]]:
        """Answer two questions when each is clear by itself and they are not the same.

        Clearer than a single question has to be: a second answer that nobody asked for buries the first. Measured on the
        development questions: from .5 up both are answered in 10 of 27, from .7 up in 6, with fewer wrong answers in all.
        """
        threshold = max(CLEAR_SCORE, self.calibration.answer_threshold)
        clear: dict[AnswerId, tuple[list[Candidate], float]] = {}
        for question in questions:
            reading = self._score(self.index.analyzer.tokens(question))
            if reading[0] and reading[0][0].score >= threshold:
                clear.setdefault(reading[0][0].answer_id, reading)
        if len(clear) < 2:
            return whole, ()
        first, second, *_ = clear.values()
        return first, tuple(second[0])

    def _score(self, tokens: Sequence[str]) -> tuple[list[Candidate], float]:
        if not tokens:
            return [], 0.0
        if (exact := self.index.exact(tokens)) is not None:
            return [Candidate(answer_id=exact, score=EXACT_SCORE, matched=" ".join(tokens))], EXACT_SCORE
        return self.index.rank(tokens[:MAX_PART_WORDS]).candidates(self.calibration)

    def _known_share(self, tokens: Sequence[str]) -> float:
        words = [token for token in tokens if token.isalpha()]
        if not words:
            return 1.0
        # A sentence of some length without "the", "is", "how" or the like is not English, whatever its words look like.
        if len(words) >= JOINED_WORDS and len(self.index.content_words(words)) == len(words):
            return 0.0
        known = sum(self.index.is_known(word) or self.index.analyzer.spelling.is_english(word) for word in words)
        return known / len(words)


def _asks_something(token: str) -> bool:
    return (token.isalpha() and len(token) > 1) or len(token) > MAX_ODD_CHARS
