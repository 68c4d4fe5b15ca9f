"""Work in units that no other process can change: lines and calls that Python runs, counted, in place of seconds.

What seconds say is in `make bench`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """The lines that *work* runs, and the calls of Python's and of C's functions."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return line

    def call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(line)
    sys.setprofile(call)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


def calls(work: Callable[[], object]) -> Counter[str]:
    """How often *work* calls what, by name; those of C are called after their module: ``posix.open``."""
    found: Counter[str] = Counter()

    def call(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            found[f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"] += 1
        elif event == "c_call":
            found[f"{getattr(argument, '__module__', None) or ''}.{getattr(argument, '__name__', '')}"] += 1

    before = sys.getprofile()
    sys.setprofile(call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found
