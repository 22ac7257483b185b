"""The command line's two ways to ask: a chat in the terminal, and one JSON object a line."""
