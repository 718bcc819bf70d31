"""Bytes to and from a port: the only place of `devices` that opens one."""
