"""What a test needs of the machine beside databases. Where it is not there, the test skips and says what is missing."""

from __future__ import annotations

import os
import pty
import sys

import pytest


def pseudo_terminal() -> tuple[int, int]:
    """Both ends of a terminal. A container without ``/dev/pts`` has none to give."""
    try:
        return pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal: {error}")


def file_name(name: str) -> str:
    """*name*, where files can have it: under a locale such as ``C`` file names may be ASCII only."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        pytest.skip(f"file names are {sys.getfilesystemencoding()} here")
    return name
