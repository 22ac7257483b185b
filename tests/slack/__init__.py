"""Slack over real sockets, against a local fake of its API."""
