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

-- Every thread in which responders could read a conversation. What was posted there is to go when the conversation goes.
CREATE TABLE shown_at (
    conversation INTEGER NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT NOT NULL,
    PRIMARY KEY (conversation, channel, thread)
) WITHOUT ROWID;

CREATE TABLE to_clear (
    channel TEXT NOT NULL,
    thread TEXT NOT NULL,
    PRIMARY KEY (channel, thread)
) WITHOUT ROWID;

CREATE TRIGGER what_was_shown_is_to_go AFTER DELETE ON shown_at
BEGIN
    INSERT INTO to_clear (channel, thread) VALUES (old.channel, old.thread) ON CONFLICT DO NOTHING;
END;
