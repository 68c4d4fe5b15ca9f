"""``schemashift``, and ``python -m schemashift``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run one command line in a process of its own.

    Such a process ends before its garbage matters: collecting while modules are imported, and all that was imported
    once more at the end, took a sixth of what ``--help`` costs.
    """
    gc.set_threshold(100_000)
    from schemashift.cli import main as run

    try:
        return run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
