"""A random world with phones in it, for the model test: what happens, what goes wrong, and what must hold."""
