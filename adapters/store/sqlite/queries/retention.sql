-- name: whole
SELECT ref, turns, token_hash FROM conversation WHERE id = ?1;

-- name: receipt
SELECT at, turns, token_hash FROM receipt WHERE conversation_id = ?1;

-- name: leave_receipt
INSERT INTO receipt (conversation_id, at, turns, token_hash) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (conversation_id) DO UPDATE SET at = excluded.at, turns = excluded.turns, token_hash = excluded.token_hash;

-- name: expired
SELECT id, is_crisis, turns FROM conversation
WHERE owner IN ('bot', 'closed') AND last_at < CASE is_crisis WHEN 0 THEN ?1 ELSE ?2 END
ORDER BY ref;

-- name: is_expired
SELECT is_crisis, turns FROM conversation
WHERE id = ?3 AND owner IN ('bot', 'closed') AND last_at < CASE is_crisis WHEN 0 THEN ?1 ELSE ?2 END;

-- name: first_kept
SELECT coalesce(min(id), (SELECT max(id) FROM entry)) FROM entry WHERE form IN ('turn', 'said', 'fact');

-- name: reclaim
DELETE FROM entry WHERE id < min(?1, (SELECT min(id) FROM entry) + ?2);

-- name: end_sessions
DELETE FROM session WHERE until <= ?1;

-- name: end_links
DELETE FROM link WHERE until <= ?1;

-- name: erase_entries
UPDATE entry
SET
    form = upper(form), -- which is how erased rows are told from others
    kind = substr('                        ', 1, length(kind)),
    message_id = zeroblob(length(CAST(message_id AS BLOB))), -- all as long as before, so that the row stays where it is
    payload = zeroblob(length(CAST(payload AS BLOB)))
WHERE conversation = ?1;

-- name: erase_handoffs
DELETE FROM handoff WHERE conversation = ?1;

-- name: erase_alerts
DELETE FROM alert WHERE conversation = ?1;

-- name: erase_attempts
DELETE FROM attempt WHERE conversation = ?1;

-- name: erase_contact
DELETE FROM contact WHERE conversation = ?1;

-- name: erase_verdict
DELETE FROM verdict WHERE conversation = ?1;

-- name: erase_notes
DELETE FROM note WHERE conversation = ?1;

-- name: erase_ratings
DELETE FROM rating WHERE conversation = ?1;

-- name: erase_settled
DELETE FROM settled WHERE conversation = ?1;

-- name: erase_places
DELETE FROM place WHERE conversation = ?1;

-- name: erase_shown
DELETE FROM shown_at WHERE conversation = ?1;

-- name: erase_carried
DELETE FROM carried WHERE conversation = ?1;

-- name: erase_conversation
DELETE FROM conversation WHERE ref = ?1;
