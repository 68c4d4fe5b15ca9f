"""Operations: the changes of a schema, as frozen values that know the state before and after.

They are created by the diff and by ``op`` in scripts, and used by the dialects, the renderer and replay. A new
operation is a class, with its SQL and its source text (or a method for each in the dialects' DDL and in ``render``),
and a function in ``op``.
"""

from schemashift.operations.base import Compiler as Compiler
from schemashift.operations.base import Description as Description
from schemashift.operations.base import Incomplete as Incomplete
from schemashift.operations.base import Live as Live
from schemashift.operations.base import Operation as Operation
from schemashift.operations.base import Sql as Sql
from schemashift.operations.base import Writer as Writer
from schemashift.operations.base import by_name as by_name
from schemashift.operations.base import no_sql as no_sql
from schemashift.operations.base import referable as referable
from schemashift.operations.columns import CHANGEABLE as CHANGEABLE
from schemashift.operations.columns import AddColumn as AddColumn
from schemashift.operations.columns import AlterColumn as AlterColumn
from schemashift.operations.columns import ColumnChanges as ColumnChanges
from schemashift.operations.columns import DropColumn as DropColumn
from schemashift.operations.columns import RenameColumn as RenameColumn
from schemashift.operations.columns import column_dependencies as column_dependencies
from schemashift.operations.constraints import AddConstraint as AddConstraint
from schemashift.operations.constraints import AlterConstraint as AlterConstraint
from schemashift.operations.constraints import DropConstraint as DropConstraint
from schemashift.operations.constraints import default_name as default_name
from schemashift.operations.constraints import dependencies as dependencies
from schemashift.operations.constraints import find_constraint as find_constraint
from schemashift.operations.indexes import CreateIndex as CreateIndex
from schemashift.operations.indexes import DropIndex as DropIndex
from schemashift.operations.indexes import RenameIndex as RenameIndex
from schemashift.operations.named import Named as Named
from schemashift.operations.named import Violation as Violation
from schemashift.operations.named import those_named as those_named
from schemashift.operations.orphans import Reference as Reference
from schemashift.operations.orphans import those_that_broke as those_that_broke
from schemashift.operations.statements import Backfill as Backfill
from schemashift.operations.statements import BackfillNumbers as BackfillNumbers
from schemashift.operations.statements import BulkInsert as BulkInsert
from schemashift.operations.statements import Execute as Execute
from schemashift.operations.statements import InsertMissingRows as InsertMissingRows
from schemashift.operations.tables import AlterTable as AlterTable
from schemashift.operations.tables import CreateTable as CreateTable
from schemashift.operations.tables import DropTable as DropTable
from schemashift.operations.tables import RenameTable as RenameTable
