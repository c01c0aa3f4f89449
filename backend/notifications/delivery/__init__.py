"""From something to say to a phone that shows it: whether, when, and on what way each person is told."""
