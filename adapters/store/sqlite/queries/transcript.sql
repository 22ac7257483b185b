-- name: conversation
SELECT id, token_hash, locale, country, channel, started_at FROM conversation WHERE id = ?1;

-- name: for_message
SELECT
    c.ref, c.standing, c.last_n,
    (
        SELECT e.n FROM entry AS e
        WHERE e.conversation = c.ref AND e.form = 'turn' AND e.form IN ('turn', 'said') AND e.message_id = ?2
    )
FROM conversation AS c WHERE c.id = ?1;

-- name: turns_from
SELECT n, at, message_id, payload FROM entry WHERE conversation = ?1 AND n >= ?2 AND form = 'turn' ORDER BY n;

-- name: turn
SELECT payload FROM entry WHERE conversation = ?1 AND n = ?2;

-- name: turns
SELECT e.n, e.payload FROM conversation AS c CROSS JOIN entry AS e ON e.conversation = c.ref
WHERE c.id = ?1 AND e.form = 'turn' ORDER BY e.n;

-- name: entries
SELECT e.form, e.n, e.payload FROM conversation AS c CROSS JOIN entry AS e ON e.conversation = c.ref
WHERE c.id = ?1 AND e.n > ?2 ORDER BY e.n;
