-- name: opened
SELECT h.payload FROM conversation AS c CROSS JOIN handoff AS h ON h.conversation = c.ref WHERE c.id = ?1 ORDER BY h.id;

-- name: standing
SELECT standing FROM conversation WHERE id = ?1;

-- name: cases
SELECT
    c.id, c.token_hash, c.locale, c.country, c.channel, c.started_at,
    c.standing, c.last_at, c.last_n, c.delivered_n, coalesce(k.text, ''),
    (SELECT v.verdict FROM verdict AS v WHERE v.conversation = c.ref ORDER BY v.id DESC LIMIT 1)
FROM conversation AS c
LEFT JOIN contact AS k ON k.conversation = c.ref
WHERE c.owner IN ('queued', 'person')
ORDER BY c.ref;

-- name: case
SELECT
    c.id, c.token_hash, c.locale, c.country, c.channel, c.started_at,
    c.standing, c.last_at, c.last_n, c.delivered_n, coalesce(k.text, ''),
    (SELECT v.verdict FROM verdict AS v WHERE v.conversation = c.ref ORDER BY v.id DESC LIMIT 1)
FROM conversation AS c
LEFT JOIN contact AS k ON k.conversation = c.ref
WHERE c.id = ?1;

-- name: delivered
UPDATE conversation SET delivered_n = max(delivered_n, min(?2, last_n)) WHERE id = ?1;

-- name: leave_contact
INSERT INTO contact (conversation, text) VALUES (?1, ?2)
ON CONFLICT (conversation) DO UPDATE SET text = excluded.text;

-- name: take_contact_back
DELETE FROM contact WHERE conversation = ?1;

-- name: opened_in_this_case
SELECT h.payload FROM conversation AS c CROSS JOIN handoff AS h ON h.conversation = c.ref
WHERE c.ref = ?1 ORDER BY h.id LIMIT -1 OFFSET (SELECT past FROM conversation WHERE ref = ?1);

-- name: keep_verdict
INSERT INTO verdict (conversation, at, verdict, message_ids, label, severity) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
