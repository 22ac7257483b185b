-- name: receipts
SELECT conversation_id, at, turns, token_hash FROM receipt;

-- name: was_there
SELECT 1 FROM conversation WHERE id = ?1 AND started_at <= ?2;

-- name: leave_receipt
INSERT INTO receipt (conversation_id, at, turns, token_hash) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (conversation_id) DO UPDATE SET at = excluded.at, turns = excluded.turns, token_hash = excluded.token_hash;

-- name: all_entries
SELECT form, n, payload FROM entry WHERE form IN ('turn', 'said', 'fact');

-- name: all_standings
SELECT standing FROM conversation;

-- name: whose
SELECT id, token_hash, locale, country, channel, started_at, last_at, is_crisis FROM conversation ORDER BY ref;

-- name: keep_whose
INSERT INTO conversation (id, token_hash, locale, country, channel, started_at, last_at, is_crisis)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING;
