"""The desk at ``/desk``: the built-in pages on which responders take over conversations, and editors see what is missing."""

from adapters.web.desk.application import add_desk

__all__ = ["add_desk"]
