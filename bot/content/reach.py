"""Whether visitors can reach each answer: each phrasing, hidden from the index, must find its answer or a neighbour."""

from collections import defaultdict
from collections.abc import Callable

from bot.assembly import corpus_of
from bot.content.checks import Fault
from bot.content.schema import KnowledgeBase

LEAST_REACHED = 0.5  # of an answer's hidden phrasings; below this its phrasings do not describe one question


def check_reach(knowledge: KnowledgeBase, progress: Callable[[str, float], None]) -> list[Fault]:
    """Hide every phrasing once and look for its answer among the first three.

    A neighbour is an answer that names this one in its ``follow_ups``, or that this one names.
    """
    from bot.retrieval.build import hidden_rankings

    found: dict[str, list[tuple[str, bool, str]]] = defaultdict(list)
    for hidden, ranking in hidden_rankings(corpus_of(knowledge), progress):
        if hidden.answer_id is None or hidden.answer_id not in knowledge.answers:
            continue
        answer = knowledge.answers[hidden.answer_id]
        near = {answer.id, *answer.follow_ups}
        near |= {other.id for other in knowledge.answers.values() if answer.id in other.follow_ups}
        reached = not near.isdisjoint(ranking.answers[:3])
        found[answer.id].append((hidden.text, reached, ranking.answers[0]))
    faults = []
    for answer_id, rows in found.items():
        answer = next(each for each in knowledge.answers.values() if each.id == answer_id)
        line = answer.heads.get("phrasings", 1)
        share = sum(reached for _, reached, _ in rows) / len(rows)
        if share < LEAST_REACHED:
            message = (
                f"only {share:.0%} of its phrasings find this answer when they are hidden from the index. Add phrasings "
                "that share words with each other, or concepts."
            )
            faults.append(Fault(file=answer.file, line=line, message=message))
        for text, reached, instead in rows:
            if not reached:
                message = f'hidden from the index, "{text}" finds {instead}, no neighbour of this answer.'
                faults.append(Fault(file=answer.file, line=line, message=message, is_error=False))
    return faults
