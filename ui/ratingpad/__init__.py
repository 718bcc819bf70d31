"""The rating pad at a counter: the visitor says, of their own will, how the service was."""
