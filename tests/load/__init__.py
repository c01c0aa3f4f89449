"""A force of phones at work against two web processes; `python -m tests.load`."""
