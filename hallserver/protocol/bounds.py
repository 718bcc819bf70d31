"""Limits of what travels, each with its unit. Both ends enforce them."""

MAX_COMMAND_BYTES = 4_096
"""A command from a client; the largest real one is below 600 bytes."""

MAX_PUBLISHED_BYTES = 262_144
"""What the server publishes; the catalog of a hall of 92 counters takes about 40,000 bytes."""

MAX_ID_CHARS = 64
MAX_COMPANIONS = 99
MAX_NOTICE_CHARS = 120
MAX_NUMBER_CHARS = 16
MAX_COUNTER = 999
MAX_SERVICES = 16
"""Services given to one visitor in one go."""
MAX_PARKED_S = 86_400
MAX_TOKEN_CHARS = 96
MAX_PASSWORD_CHARS = 128
MAX_SERVICES_ASSIGNED = 48
"""Services of one counter: a comprehensive counter serves many."""
MAX_CALLS_ACKNOWLEDGED = 32
MAX_TAGS = 8
MAX_TAG_CHARS = 16

MAX_LINES_IN_A_MESSAGE = 250
"""Lines of the journal that go up to the region in one message."""
MAX_LINES_BYTES = 196_608
"""One message of lines, encoded."""
MAX_EVENT_CHARS = 32_768
"""An event as JSON text; the longest real one is below 1,500."""
