"""Two schemas in, ordered operations out. Pure: values, no database, no dialect by name."""

from .compare import diff as diff
from .names import settle as settle
from .order import order as order
from .traits import STANDARD as STANDARD
from .traits import Traits as Traits
