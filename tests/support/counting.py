"""Count lines and calls that Python executes, rather than seconds, which depend on other processes.

Times are measured by `make bench`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """Return the number of lines that *work* executes, and of its calls of Python and C functions."""
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
    """Return how often *work* calls each function, by name; C functions are named with their module: ``posix.open``."""
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
