"""The mail channel: what one person has to hear, in one mail."""
