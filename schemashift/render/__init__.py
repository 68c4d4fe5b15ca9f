"""Write operations as Python source: the body of a script, and a message for it."""

from schemashift.render.body import Body as Body
from schemashift.render.body import body as body
from schemashift.render.message import message as message
