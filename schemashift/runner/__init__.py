"""Run a plan: take the lock, run the scripts, record what is done.

`run` tells a listener what happens while it happens (see `schemashift.events`) and returns what it did. Nothing is
written before the lock is held, and the state is read again behind it; what a failed run leaves is read from the
database, never assumed.
"""

from schemashift.runner.run import run as run
