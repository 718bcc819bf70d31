"""The acts: what the hall decides on each command. They change nothing.

Each takes the room (`base.Room`), who asks, the command and the moment, and returns a reply and
the events that thereby happen.
"""
