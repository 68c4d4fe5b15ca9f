"""Paths as they are displayed. A separate module: every error imports it, and start-up time matters."""

from __future__ import annotations

import os


def display_path(path: str | os.PathLike[str]) -> str:
    """Return *path* relative to the current folder, or absolute if it is not below that."""
    path = os.path.normpath(path)
    if not os.path.isabs(path) and not path.startswith(os.pardir):
        return path
    path = os.path.abspath(path)
    here = os.getcwd()
    return os.path.relpath(path, here) if path.startswith(here.rstrip(os.sep) + os.sep) else path
