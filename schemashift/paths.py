"""Paths for people. Apart from everything else, because every error needs it and start-up counts."""

from __future__ import annotations

import os


def display_path(path: str | os.PathLike[str]) -> str:
    """The path as seen from the current folder, absolute if it is not below it."""
    path = os.path.normpath(path)
    if not os.path.isabs(path) and not path.startswith(os.pardir):
        return path
    path = os.path.abspath(path)
    here = os.getcwd()
    return os.path.relpath(path, here) if path.startswith(here.rstrip(os.sep) + os.sep) else path
