"""``python -m tests.support``: list the engines that the tests find, starting each once (``make engines``)."""

from __future__ import annotations

import sys

from tests.support import engines
from tests.support.engines import EngineMissing
from tests.support.servers import EngineBroken, Servers, running

ROW = "{:<14} {:<26} {:<34} {:>7}"


def main() -> int:
    """Print the table; return 1 if a required engine is missing, or if one does not start."""
    try:
        names = engines.known()
    except EngineMissing as mistake:
        print(mistake)
        return 1
    print(ROW.format("engine", "version", "source", "seconds"))
    with running() as servers:
        bad = [_report(servers, name) for name in names]
    return int(any(bad))


def _report(servers: Servers, name: str) -> bool:
    """Print one row; return True if it is a failure."""
    try:
        server = servers.get(name)
    except (EngineMissing, EngineBroken) as error:
        bad = isinstance(error, EngineBroken) or name in engines.required()
        print(f"{name:<14} {'MISSING' if bad else 'not there'}: {error}")
        return bad
    print(ROW.format(name, server.version, server.source, f"{server.seconds:.1f}"))
    return False


if __name__ == "__main__":
    sys.exit(main())
