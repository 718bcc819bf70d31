"""`jiaohao torture`: a real server, a real broker and real clients, killed at random points.

Every client writes down what it was told, in a record of its own. An auditor that shares no code
with the hall holds these records against the journal.
"""
