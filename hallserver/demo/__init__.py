"""A whole hall on one machine: broker, server, screens, devices and people, for real.

The parts are started as processes by their command lines, as on the machines of a hall. Nothing
here is imported by anything but the command line and the tests.
"""
