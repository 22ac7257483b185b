-- name: invite
INSERT INTO account (id, name, role, password_hash, is_active) VALUES (?1, ?2, ?3, '', ?4)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, is_active = excluded.is_active;

-- name: end_links_of
DELETE FROM link WHERE account = ?1;

-- name: add_link
INSERT INTO link (hash, account, until) VALUES (?1, ?2, ?3)
ON CONFLICT (hash) DO UPDATE SET account = excluded.account, until = excluded.until;

-- name: invited
SELECT a.id, a.name, a.role, a.password_hash, a.is_active
FROM link AS l JOIN account AS a ON a.id = l.account
WHERE l.hash = ?1 AND ?2 < l.until;

-- name: end_link
DELETE FROM link WHERE hash = ?1;

-- name: set_password
UPDATE account SET password_hash = ?2, is_active = 1 WHERE id = ?1;

-- name: account
SELECT id, name, role, password_hash, is_active FROM account WHERE id = ?1;

-- name: accounts
SELECT id, name, role, password_hash, is_active FROM account ORDER BY id;

-- name: deactivate
UPDATE account SET is_active = 0 WHERE id = ?1;

-- name: end_sessions_of
DELETE FROM session WHERE account = ?1;

-- name: open_session
INSERT INTO session (hash, account, csrf, until) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (hash) DO UPDATE SET account = excluded.account, csrf = excluded.csrf, until = excluded.until;

-- name: session
SELECT s.csrf, s.until, a.id, a.name, a.role, a.password_hash, a.is_active
FROM session AS s JOIN account AS a ON a.id = s.account
WHERE s.hash = ?1 AND ?2 < s.until AND a.is_active;

-- name: end_session
DELETE FROM session WHERE hash = ?1;
