"""What is: frozen values of the standard library only. See `schemashift.schema.table` for the vocabulary."""

from .names import Key as Key
from .names import TableName as TableName
from .schema import Keyed as Keyed
from .schema import Schema as Schema
from .table import SQL as SQL
from .table import AnyConstraint as AnyConstraint
from .table import Check as Check
from .table import Column as Column
from .table import Computed as Computed
from .table import Constraint as Constraint
from .table import Default as Default
from .table import Exclude as Exclude
from .table import ForeignKey as ForeignKey
from .table import Identity as Identity
from .table import Index as Index
from .table import IndexPart as IndexPart
from .table import Options as Options
from .table import PrimaryKey as PrimaryKey
from .table import Table as Table
from .table import Type as Type
from .table import Unique as Unique
from .table import constraint_order as constraint_order
from .table import identifiers as identifiers
from .table import mentioned as mentioned
from .table import options as options
from .table import renamed as renamed
