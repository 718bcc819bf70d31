"""Devices: a codec, a driver and a simulator each. Imports nothing else of ours."""
