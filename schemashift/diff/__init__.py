"""The comparison of two schemas: two schemas in, ordered operations out. Pure values: no database, no dialect by name.

`match` pairs the objects, `named` names unnamed constraints, `diff` returns the operations that change each pair.
"""

from schemashift.diff.compare import diff as diff
from schemashift.diff.kind import AnyKind as AnyKind
from schemashift.diff.kind import by_kind as by_kind
from schemashift.diff.match import Pair as Pair
from schemashift.diff.match import Pairs as Pairs
from schemashift.diff.match import Renames as Renames
from schemashift.diff.match import match as match
from schemashift.diff.names import name_constraints as name_constraints
from schemashift.diff.names import named as named
from schemashift.diff.order import order as order
from schemashift.diff.tables import RELATION as RELATION
from schemashift.diff.tables import Tables as Tables
from schemashift.diff.traits import STANDARD as STANDARD
from schemashift.diff.traits import Traits as Traits
