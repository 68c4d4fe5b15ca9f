"""The keeper: a process that outlives the test run by a moment, so that no server does.

It is started with the first server. Its standard input is a pipe whose other end only the test run holds: the first
line names the folder that everything of the run lives in, and the end of the pipe, however the run came to its end
(Ctrl-C, ``kill -TERM``, ``kill -9``), is the signal. Then it stops every process that was started on that folder
and removes it. A run that ends normally does the same: it closes the pipe and waits.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import time

import psutil

PATIENCE = 10.0
#: PostgreSQL's "immediate" shutdown: SIGTERM would wait for every client to leave.
STOP = {"postgres": signal.SIGQUIT}


def processes_on(folder: str) -> list[psutil.Process]:
    """The processes that name ``folder`` on their command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(folder in part for part in process.info["cmdline"] or ())
    ]


def stop(folder: str) -> None:
    """Ask every process on ``folder`` to end, and kill what has not after some seconds."""
    asked: set[psutil.Process] = set()
    deadline = time.monotonic() + PATIENCE
    while processes := processes_on(folder):
        overdue = time.monotonic() > deadline
        for process in processes:
            if overdue or process not in asked:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL if overdue else STOP.get(process.name(), signal.SIGTERM))
                asked.add(process)
        time.sleep(0.01)


def main() -> None:
    folder = sys.stdin.readline().strip()
    sys.stdin.read()
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
