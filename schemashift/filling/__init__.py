"""What the rows that are there get where an operation leaves them without a value, or without a row to point to.

Only an empty table takes a column that is NOT NULL and has no server default. Where the model has a Python default that
is a plain value, the rows get it. On the way back from a dropped column what they had is gone, and any value will do
that the column's own constraints take: a zero of its type, a number where values have to differ, the first row that a
foreign key may point to. A table that comes back comes back empty: rows of others that kept the key of one of its rows
get an empty one with that key. All of it stands in the script, where it can be read and changed.
"""

from __future__ import annotations

from schemashift.filling.columns import Filling as Filling
from schemashift.filling.values import becomes_required as becomes_required
from schemashift.filling.values import needs_value as needs_value
