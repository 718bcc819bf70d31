"""The hall's side of a region: its journal goes up, line by line, beside the server.

A process of its own that only reads the journal. A hall without a region does not run it.
"""
