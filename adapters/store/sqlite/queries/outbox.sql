-- name: due
SELECT c.id, c.standing, a.generation, a.step, a.tries, a.due_at, a.started_at, a.why
FROM alert AS a CROSS JOIN conversation AS c ON c.ref = a.conversation
WHERE a.due_at <= ?1
ORDER BY c.is_crisis DESC, a.due_at, a.generation
LIMIT ?2;

-- name: lease
UPDATE alert SET due_at = ?2 WHERE generation = ?1;

-- name: next_due
SELECT min(due_at) FROM alert;

-- name: add_attempt
INSERT INTO attempt (conversation, at, step, channel, outcome, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: go_on
UPDATE alert SET step = ?3, tries = ?4, due_at = ?5 WHERE conversation = ?1 AND generation = ?2;

-- name: attempts
SELECT a.at, a.step, a.channel, a.outcome, a.error
FROM conversation AS c CROSS JOIN attempt AS a ON a.conversation = c.ref
WHERE c.id = ?1 ORDER BY a.id;
