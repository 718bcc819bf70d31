"""Qt tests draw offscreen with the software renderer, as the screens of a hall do."""

import os

import pytest
from PySide6.QtWidgets import QApplication

from ui.kit.app import prepare_environment


@pytest.fixture(scope="session")
def _software_rendering() -> None:
    """Set the environment before the first Qt application of the session is made."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    prepare_environment()


@pytest.fixture(scope="session", autouse=True)
def _one_application(_software_rendering: None, qapp: QApplication) -> None:
    """Make the one that widgets need too, whichever test comes first: a process has only one."""
