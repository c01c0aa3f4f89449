"""Attacks on a server in the production profile, by tools of others and by hand; `python -m tests.security`."""
