"""Run a plan: take the lock, run the scripts, record what is done, and tell.

`run` is a generator of events. Nothing is written before the lock is held, and the state is read again behind it;
what a failed run leaves is read from the database, never assumed.
"""

from .events import Event as Event
from .events import RevisionDone as RevisionDone
from .events import RevisionStarted as RevisionStarted
from .events import RunFinished as RunFinished
from .events import RunStarted as RunStarted
from .events import StatementSent as StatementSent
from .events import Waiting as Waiting
from .run import run as run
