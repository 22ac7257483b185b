-- name: given
SELECT leased_until, is_done FROM given WHERE key = ?1;

-- name: give
INSERT INTO given (key, at, leased_until, payload) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (key) DO UPDATE SET leased_until = excluded.leased_until;

-- name: unfinished
SELECT key, payload FROM given WHERE is_done = 0 AND leased_until <= ?1 ORDER BY at LIMIT ?2;

-- name: lease_given
UPDATE given SET leased_until = ?2 WHERE key = ?1;

-- name: finish
UPDATE given SET is_done = 1, pad = x'', payload = '' WHERE key = ?1;

-- name: forget_given
DELETE FROM given WHERE is_done = 1 AND at < ?1;

-- name: place
SELECT c.id, p.role, p.channel, p.thread, p.user, p.posted_n
FROM conversation AS c CROSS JOIN place AS p ON p.conversation = c.ref
WHERE c.id = ?1 AND p.role = ?2;

-- name: place_at
SELECT c.id, p.role, p.channel, p.thread, p.user, p.posted_n
FROM place AS p JOIN conversation AS c ON c.ref = p.conversation
WHERE p.role = ?1 AND p.channel = ?2 AND p.thread = ?3
ORDER BY c.ref DESC LIMIT 1;

-- name: keep_place
INSERT INTO place (conversation, role, channel, thread, user, posted_n)
SELECT ref, ?2, ?3, ?4, ?5, ?6 FROM conversation WHERE id = ?1
ON CONFLICT (conversation, role) DO UPDATE
SET channel = excluded.channel, thread = excluded.thread, user = excluded.user, posted_n = excluded.posted_n;

-- name: posted
UPDATE place SET posted_n = max(posted_n, ?3)
WHERE conversation = (SELECT ref FROM conversation WHERE id = ?1) AND role = ?2;

-- name: behind
SELECT c.id, p.role, p.channel, p.thread, p.user, p.posted_n
FROM place AS p JOIN conversation AS c ON c.ref = p.conversation
WHERE p.role = ?1 AND c.last_n > p.posted_n
ORDER BY c.ref;

-- name: carry
INSERT INTO carried (conversation, channel, ts, n, mark) SELECT ref, ?2, ?3, ?4, ?5 FROM conversation WHERE id = ?1
ON CONFLICT (channel, ts) DO UPDATE SET n = excluded.n, mark = excluded.mark;

-- name: carried
SELECT k.channel, k.ts, k.n, k.mark
FROM conversation AS c CROSS JOIN carried AS k ON k.conversation = c.ref
WHERE c.id = ?1 ORDER BY k.id;

-- name: note_shown
INSERT INTO shown_at (conversation, channel, thread) SELECT ref, ?2, ?3 FROM conversation WHERE id = ?1
ON CONFLICT DO NOTHING;

-- name: to_clear
SELECT channel, thread FROM to_clear;

-- name: cleared
DELETE FROM to_clear WHERE channel = ?1 AND thread = ?2;
