"""The ports of the core on a database: SQLite."""
