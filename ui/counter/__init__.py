"""The clerk's terminal at a counter."""
