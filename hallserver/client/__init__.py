"""The client's side of the wire, sans I/O first."""
