"""Imports: what a file says stands here, once; what is wrong with it is told by line."""
