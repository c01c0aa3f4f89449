"""Thousands of rounds of the model test, in parallel, with figures that survive an interruption."""
