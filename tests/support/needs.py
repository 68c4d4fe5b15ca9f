"""What a test needs besides databases. If it is missing, the test is skipped, with the reason."""

from __future__ import annotations

import os
import pty
import sys

import pytest


def pseudo_terminal() -> tuple[int, int]:
    """Return both ends of a pseudo-terminal. A container without ``/dev/pts`` has none."""
    try:
        return pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal: {error}")


def file_name(name: str) -> str:
    """Return *name*, if files can have it: in a locale such as ``C``, file names may be ASCII only."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        pytest.skip(f"file names are {sys.getfilesystemencoding()} here")
    return name
