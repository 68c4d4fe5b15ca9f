"""Count the calls of expensive functions, under whatever name they were imported."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.revisions import plan, read_target
from schemashift.scripts.directory import ScriptDirectory
from schemashift.sources.models import load_metadata

COUNTED: dict[str, Callable[..., Any]] = {
    "directories read": ScriptDirectory.graph,
    "names read": read_target,
    "plans": plan,
    "connections": sa.Engine.connect,
    "dialects": dialect_for,
    "scripts loaded": ScriptDirectory.load,
    "models loaded": load_metadata,
}


@contextmanager
def counted(*names: str) -> Iterator[Counter[str]]:
    """Count the calls in this thread of *names*, or of all of `COUNTED`, until the block ends."""
    codes = {COUNTED[name].__code__: name for name in names or COUNTED}  # type: ignore[attr-defined]
    counts = Counter(dict.fromkeys(codes.values(), 0))

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in codes:
            counts[codes[frame.f_code]] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield counts
    finally:
        sys.setprofile(before)
