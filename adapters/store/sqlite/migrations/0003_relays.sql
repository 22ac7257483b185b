-- What a channel of messages, such as Slack, must not forget: what it was given, and where conversations appear in it.

-- What was acknowledged, until it is done. Text stands behind a pad, as in the tables of the desk, and is emptied when it is done.
CREATE TABLE given (
    key TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    is_done INTEGER NOT NULL DEFAULT 0,
    pad BLOB NOT NULL DEFAULT (zeroblob(4096)),
    payload TEXT NOT NULL
);

CREATE INDEX given_unfinished ON given (leased_until) WHERE is_done = 0;

CREATE TABLE place (
    conversation INTEGER NOT NULL,
    role TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT NOT NULL,
    user TEXT NOT NULL,
    posted_n INTEGER NOT NULL,
    PRIMARY KEY (conversation, role)
) WITHOUT ROWID;

CREATE INDEX place_thread ON place (role, channel, thread);

CREATE TABLE carried (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    channel TEXT NOT NULL,
    ts TEXT NOT NULL,
    n INTEGER NOT NULL,
    mark TEXT NOT NULL,
    UNIQUE (channel, ts)
);

CREATE INDEX carried_conversation ON carried (conversation);
