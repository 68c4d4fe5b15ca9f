"""Run a plan: take the lock, run the scripts, record what is done, and tell.

`run` is a generator of events. Nothing is written before the lock is held, and the state is read again behind it;
what a failed run leaves is read from the database, never assumed.
"""

from schemashift.runner.events import Event as Event
from schemashift.runner.events import RevisionDone as RevisionDone
from schemashift.runner.events import RevisionStarted as RevisionStarted
from schemashift.runner.events import RunFinished as RunFinished
from schemashift.runner.events import RunStarted as RunStarted
from schemashift.runner.events import StatementSent as StatementSent
from schemashift.runner.events import Waiting as Waiting
from schemashift.runner.run import run as run
