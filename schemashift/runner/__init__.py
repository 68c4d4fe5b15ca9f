"""Run a plan: acquire the lock, run the scripts, record the applied revisions.

`run` calls a listener with events as they happen (see `schemashift.events`) and returns what it did. Nothing is written
before the lock is held, and the state is read again once it is. The state after a failed run is read from the
database, never assumed.
"""

from schemashift.runner.run import run as run
