-- name: audited
SELECT at, by, did, conversation_id FROM audit ORDER BY id DESC LIMIT ?1;

-- name: audited_of
SELECT at, by, did, conversation_id FROM audit WHERE conversation_id = ?2 ORDER BY id DESC LIMIT ?1;

-- name: add_note
INSERT INTO note (conversation, at, by, text) VALUES (?1, ?2, ?3, ?4);

-- name: notes
SELECT n.at, n.by, n.text FROM conversation AS c CROSS JOIN note AS n ON n.conversation = c.ref
WHERE c.id = ?1 ORDER BY n.id;

-- name: rate
INSERT INTO rating (conversation, n, at, verdict, reason) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (conversation, n) DO UPDATE SET at = excluded.at, verdict = excluded.verdict, reason = excluded.reason;

-- name: questions
SELECT c.id, e.n, e.payload, CASE r.verdict WHEN 'down' THEN r.reason END
FROM entry AS e
JOIN conversation AS c ON c.ref = e.conversation
LEFT JOIN rating AS r ON r.conversation = e.conversation AND r.n = e.n
LEFT JOIN settled AS s ON s.conversation = e.conversation AND s.message_id = e.message_id
WHERE e.form = 'turn' AND s.message_id IS NULL
    AND (r.verdict = 'down' OR e.kind IN ('abstain', 'clarify') OR (e.kind = 'answer' AND e.score < ?1))
ORDER BY e.at DESC, e.id DESC
LIMIT ?2;

-- name: settle
INSERT INTO settled (conversation, message_id) SELECT ref, ?2 FROM conversation WHERE id = ?1
ON CONFLICT (conversation, message_id) DO NOTHING;

-- name: verdicts
SELECT c.ref, c.id, c.locale, v.at, v.verdict, v.message_ids, v.label, v.severity
FROM verdict AS v JOIN conversation AS c ON c.ref = v.conversation
WHERE v.verdict IS NOT NULL
ORDER BY v.at, c.ref, v.id;

-- name: turn
SELECT n, payload FROM entry WHERE conversation = ?1 AND form = 'turn' AND form IN ('turn', 'said') AND message_id = ?2;
