-- Conversations with all that is said in them, and the alerts that go with it. Times are microseconds since 1970, UTC.

CREATE TABLE conversation (
    ref INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, so that nothing of an erased one can come back under it
    id TEXT NOT NULL UNIQUE,
    token_hash BLOB NOT NULL,
    locale TEXT NOT NULL,
    country TEXT,
    channel TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    owner TEXT NOT NULL DEFAULT 'bot',
    standing TEXT NOT NULL DEFAULT '{}',
    last_n INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER NOT NULL,
    turns INTEGER NOT NULL DEFAULT 0,
    is_crisis INTEGER NOT NULL DEFAULT 0, -- an urgent handoff was opened in it
    past INTEGER NOT NULL DEFAULT 0, -- how many of its handoffs belong to cases that ended
    delivered_n INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX conversation_open ON conversation (owner) WHERE owner IN ('queued', 'person');

-- Turns, replies of people and facts. Rows are only ever added at the end, and are erased by overwriting them where they are;
-- their form is in capitals then. SQLite moves rows between pages when one of them is deleted, and leaves copies of those it
-- moved in the unused parts of pages, which no setting of it clears.
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    n INTEGER NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('turn', 'said', 'fact', 'TURN', 'SAID', 'FACT')),
    message_id TEXT,
    at INTEGER NOT NULL,
    kind TEXT,
    score REAL,
    payload TEXT NOT NULL
);

CREATE UNIQUE INDEX entry_n ON entry (conversation, n);
CREATE UNIQUE INDEX entry_message ON entry (conversation, form, message_id) WHERE form IN ('turn', 'said');

CREATE TABLE handoff (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    payload TEXT NOT NULL
);

CREATE INDEX handoff_conversation ON handoff (conversation);

-- At most one running ladder for each conversation.
CREATE TABLE alert (
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL UNIQUE,
    step INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    why TEXT NOT NULL
);

CREATE INDEX alert_due ON alert (due_at);

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    at INTEGER NOT NULL,
    step INTEGER NOT NULL,
    channel TEXT NOT NULL,
    outcome TEXT NOT NULL,
    error TEXT NOT NULL
);

CREATE INDEX attempt_conversation ON attempt (conversation);

-- What stays of an erased conversation.
CREATE TABLE receipt (
    conversation_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    token_hash BLOB NOT NULL
) WITHOUT ROWID;

-- One row, written to see that something can be written.
CREATE TABLE checked (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    times INTEGER NOT NULL
);
