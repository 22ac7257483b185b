"""Texts of the kinds that people, programs and attackers send."""

from hypothesis import strategies as st

MARKS = "<>&'\"`,._-:;!?()[]{}\\/09aZ"
UNSEEN = "\x00\x1b\n\r\t \u200b\u202e\u0301\ufe0f\u034f\u3164"
NASTY = MARKS + UNSEEN + "\u2019\u00b4\U0001f642\u0130\u00df\ufb01\uff1c\uff1e"
WORDS = (
    "how long is one session can i borrow books late fee kill myself want to die not never what about it and also".split()
)

any_text = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=NASTY, max_size=120),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(alphabet=NASTY, max_size=6)), max_size=30).map(" ".join),
    st.tuples(st.text(alphabet=NASTY, min_size=1, max_size=3), st.integers(1, 3_000)).map(lambda pair: pair[0] * pair[1]),
)
