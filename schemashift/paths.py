"""Paths as they are displayed, and the path of imports.

A separate module: every error imports it, and start-up time matters.
"""

from __future__ import annotations

import os
import sys


def display_path(path: str | os.PathLike[str]) -> str:
    """Return *path* relative to the current folder, or absolute if it is not below that."""
    path = os.path.normpath(path)
    if not os.path.isabs(path) and not path.startswith(os.pardir):
        return path
    path = os.path.abspath(path)
    here = os.getcwd()
    return os.path.relpath(path, here) if path.startswith(here.rstrip(os.sep) + os.sep) else path


def put_on_path(root: str) -> None:
    """Make the project importable, as it is for the application, including a ``src`` folder that is no package."""
    source = os.path.join(root, "src")
    folders = [source] if os.path.isdir(source) and not os.path.exists(os.path.join(source, "__init__.py")) else []
    for folder in (*folders, root):
        if folder not in sys.path:
            sys.path.insert(0, folder)
