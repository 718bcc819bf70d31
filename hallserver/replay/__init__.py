"""A recorded day once more, under another policy: what a rule would have done.

`record` reads out of the journal's lines who came when for what and how long each was served;
`enact` lets the same people come to the same counters and call by a policy; `figures` compares the
waiting times. All of it is pure; `command` reads the files.
"""
