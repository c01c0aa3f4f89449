"""The inner loops of the search, compiled to machine code; nothing outside of `solver` imports from here."""
