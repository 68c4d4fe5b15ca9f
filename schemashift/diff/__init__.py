"""Two schemas in, ordered operations out. Pure: values, no database, no dialect by name."""

from schemashift.diff.compare import diff as diff
from schemashift.diff.kind import AnyKind as AnyKind
from schemashift.diff.kind import by_kind as by_kind
from schemashift.diff.names import settle as settle
from schemashift.diff.order import order as order
from schemashift.diff.tables import RELATION as RELATION
from schemashift.diff.tables import Tables as Tables
from schemashift.diff.traits import STANDARD as STANDARD
from schemashift.diff.traits import Traits as Traits
