"""Many kiosks without windows in one process, and the people who come to them.

The flow, the drivers and the link are those of the real kiosk; only screens, the far ends of the
wires, and the people are made up.
"""
