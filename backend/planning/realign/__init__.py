"""What a change of territories means for the work that is planned."""
