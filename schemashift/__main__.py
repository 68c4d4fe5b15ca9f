"""``schemashift``, and ``python -m schemashift``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run one command line, as the only task of the process.

    Such a process ends before its garbage matters. Collections while modules are imported, and a last one over all that
    was imported, took a sixth of the time of ``--help``.
    """
    gc.set_threshold(100_000)
    from schemashift.cli import main as run

    try:
        return run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
