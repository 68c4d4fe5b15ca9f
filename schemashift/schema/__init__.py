"""What is: frozen values of the standard library only. See `schemashift.schema.table` for the vocabulary."""

from schemashift.schema.names import Key as Key
from schemashift.schema.names import TableName as TableName
from schemashift.schema.schema import Keyed as Keyed
from schemashift.schema.schema import Schema as Schema
from schemashift.schema.table import SQL as SQL
from schemashift.schema.table import AnyConstraint as AnyConstraint
from schemashift.schema.table import Check as Check
from schemashift.schema.table import Column as Column
from schemashift.schema.table import Computed as Computed
from schemashift.schema.table import Constraint as Constraint
from schemashift.schema.table import Default as Default
from schemashift.schema.table import Exclude as Exclude
from schemashift.schema.table import ForeignKey as ForeignKey
from schemashift.schema.table import Identity as Identity
from schemashift.schema.table import Index as Index
from schemashift.schema.table import IndexPart as IndexPart
from schemashift.schema.table import Options as Options
from schemashift.schema.table import PrimaryKey as PrimaryKey
from schemashift.schema.table import Table as Table
from schemashift.schema.table import Type as Type
from schemashift.schema.table import Unique as Unique
from schemashift.schema.table import constraint_order as constraint_order
from schemashift.schema.table import identifiers as identifiers
from schemashift.schema.table import mentioned as mentioned
from schemashift.schema.table import options as options
from schemashift.schema.table import renamed as renamed
