"""``python -S -E usage.py FILE COMMAND...``: run a command, and write its CPU seconds and peak memory into FILE.

Small on purpose: until a new process becomes its program, it counts as large as the one that started it.
"""

import os
import sys

pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would make it larger
    file.write(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}")
sys.exit(os.waitstatus_to_exitcode(status))
