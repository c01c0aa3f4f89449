"""Rows for tests, made in one call each."""
