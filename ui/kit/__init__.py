"""The kit: one look, one set of words and one way to start, for everything with a Qt screen."""
