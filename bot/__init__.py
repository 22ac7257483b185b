"""The pure core of Handrail: it decides what is said, and nothing in it opens a socket or a database."""
