"""A change of territories: drafted, looked at, activated at an instant, taken back."""
