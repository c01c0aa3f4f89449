"""A road engine of the operator's own, in one command: OSRM from its Python package, in an environment beside the app.

Its package is for Python 3.12 and newer, while the app may run on 3.11: hence an environment of its own and HTTP between.
"""
