"""The HTTP API, its event stream, the page at ``/``, the list of all answers at ``/faq``, and the desk at ``/desk``."""
