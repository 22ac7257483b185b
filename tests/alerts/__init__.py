"""Alerts, against real receivers on this machine and against a ladder whose time is set."""
