"""Keeps Python's constants alive under PySide6 6.12.0 on Python 3.10 and 3.11.

Its wheel is compiled as if None, True and False could not die, as in Python 3.12 and later (PEP
683): each call of a Qt method that returns nothing takes a reference to None away, each signal
one to True. Before Python 3.12 these counts are finite, and a screen ends after some thousand
calls with "Fatal Python error: none_dealloc". 6.11.3 does not do it.
"""

import ctypes
import sys

IMMORTAL_BEFORE = (3, 12)
MANY = 1 << 40
"""References to lend: a million lost ones a second would take 12 days."""


def keep_constants_alive() -> None:
    """Lend the constants more references than a process can lose; needs to be called once."""
    if sys.version_info >= IMMORTAL_BEFORE or ctypes.sizeof(ctypes.c_void_p) < 8:
        return
    for constant in (None, True, False, NotImplemented, ...):
        if sys.getrefcount(constant) < MANY // 2:
            # PyObject.ob_refcnt is the first field of every object (CPython 3.11, object.h).
            ctypes.c_ssize_t.from_address(id(constant)).value += MANY
