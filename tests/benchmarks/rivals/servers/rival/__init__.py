"""The app of the rivals in Django."""
