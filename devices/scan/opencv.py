"""OpenCV, imported so that Qt does not notice.

`import cv2` points two `QT_QPA_*` variables at the Qt plugins inside its own package; a PySide6
program that starts afterwards would look for its platform plugin there. Import `cv2` from here
and nowhere else, and never call `cv2.imshow`.
"""

import os

_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _VARIABLES}

import cv2  # noqa: E402 (the variables are noted first)

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

# A missing camera is a `DeviceFault`, not lines on standard error once a second.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

__all__ = ["cv2"]
