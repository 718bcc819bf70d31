"""The wire, defined once: ids, commands, replies, snapshots, routes and their codec.

A leaf: it imports nothing else of ours, so that every client can import it.
"""
