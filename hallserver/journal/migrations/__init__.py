"""The steps of the schema, oldest first. There is no way down: a journal is never thrown away.

A new step, after `tables.py` was changed:

    python -m hallserver.journal.new_migration "what changes and why"
"""
