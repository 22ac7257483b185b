-- What responders and editors leave behind, and who may use the desk.
-- Text stands behind a pad that fills a page: so it is on pages of its own, which are cleared when it is erased, and never on
-- one that SQLite shares among rows and moves them between.

CREATE TABLE contact (
    conversation INTEGER PRIMARY KEY,
    pad BLOB NOT NULL DEFAULT (zeroblob(4096)),
    text TEXT NOT NULL
);

-- A conversation may become a case more than once; each is closed with a verdict of its own.
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    at INTEGER NOT NULL,
    verdict TEXT,
    message_ids TEXT NOT NULL, -- JSON: the messages it is about
    label TEXT,
    severity TEXT
);

CREATE INDEX verdict_conversation ON verdict (conversation);

CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    pad BLOB NOT NULL DEFAULT (zeroblob(4096)),
    text TEXT NOT NULL
);

CREATE INDEX note_conversation ON note (conversation);

CREATE TABLE rating (
    conversation INTEGER NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    pad BLOB NOT NULL DEFAULT (zeroblob(4096)),
    reason TEXT NOT NULL,
    PRIMARY KEY (conversation, n)
);

CREATE TABLE settled (
    conversation INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (conversation, message_id)
) WITHOUT ROWID;

-- Who did or saw what. It holds no content, outlives the conversation, and is only ever added to.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    did TEXT NOT NULL,
    conversation_id TEXT
);

CREATE INDEX audit_conversation ON audit (conversation_id) WHERE conversation_id IS NOT NULL;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT raise(ABORT, 'the audit trail is only added to');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT raise(ABORT, 'the audit trail is only added to');
END;

-- REPLACE would delete without the trigger above.
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id)
BEGIN
    SELECT raise(ABORT, 'the audit trail is only added to');
END;

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_active INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE link (
    hash BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    csrf TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;
