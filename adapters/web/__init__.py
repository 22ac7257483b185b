"""The HTTP API, its event stream, the page at ``/`` and the list of all answers at ``/faq``."""
