"""Tests of the command line, run as a visitor of the shell would run it."""
