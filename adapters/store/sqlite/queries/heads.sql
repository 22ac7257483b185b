-- name: start
INSERT INTO conversation (id, token_hash, locale, country, channel, started_at, last_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
ON CONFLICT (id) DO NOTHING;

-- name: head
SELECT ref, standing, last_n, turns, is_crisis, last_at FROM conversation WHERE id = ?1;

-- name: known
SELECT n, payload FROM entry WHERE conversation = ?1 AND form = ?2 AND form IN ('turn', 'said') AND message_id = ?3;

-- name: add_entry
INSERT INTO entry (conversation, n, form, message_id, at, kind, score, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: move_on
UPDATE conversation
SET owner = ?2, standing = ?3, last_n = ?4, last_at = coalesce(?5, last_at), turns = ?6, is_crisis = ?7,
    past = CASE WHEN ?2 IN ('queued', 'person') THEN past ELSE (SELECT count(*) FROM handoff WHERE conversation = ?1) END
WHERE ref = ?1;

-- name: stop_alert
DELETE FROM alert WHERE conversation = ?1;

-- name: start_alert
INSERT INTO alert (conversation, step, tries, due_at, started_at, why) VALUES (?1, 0, 0, ?2, ?2, ?3);

-- name: start_alert_unless_one_runs
INSERT INTO alert (conversation, step, tries, due_at, started_at, why)
SELECT ?1, 0, 0, ?2, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM alert WHERE conversation = ?1);

-- name: add_handoff
INSERT INTO handoff (conversation, payload) VALUES (?1, ?2);

-- name: audit
INSERT INTO audit (at, by, did, conversation_id) VALUES (?1, ?2, ?3, ?4);
