"""Values to Python source: the body of a script, and a message for it."""

from .body import Body as Body
from .body import body as body
from .message import message as message
