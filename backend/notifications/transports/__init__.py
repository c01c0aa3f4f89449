"""Push channels: one contract, one folder per channel."""
