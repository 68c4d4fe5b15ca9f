"""The operations that a migration script uses: ``from schemashift import op``.

There is one typed function per operation, with the names and keyword names known from Alembic. They are ordinary
functions of an ordinary module, so ``from schemashift.op import add_column`` works, and ``op`` can be passed to a
function. Each finds the running migration in a `ContextVar`, and raises `OutsideMigration` if there is none.

Schema operations are collected, and compiled together as soon as something else happens: a statement of the script, a
call of `get_bind`, the end of the script. So SQLite rebuilds a table once for all changes to it. Inside a ``try`` block
with handlers, inside ``contextlib.suppress`` and in a helper in another file, an operation is executed at once, so that
its error is raised at that line.

The following errors may be raised by any of the functions:

* `OutsideMigration`, outside ``upgrade()`` and ``downgrade()``;
* `NotSupported`, if the database has no way to do what is asked for;
* `TypeError`, for a keyword that is neither a parameter nor an option of a database, such as ``mysql_engine``;
* the database's own error, as a subclass of ``sqlalchemy.exc.DBAPIError``. If a missing table, column or constraint is
  noticed before any statement is sent, the error is also a `ValueError`, a `KeyError` and a ``NoSuchTableError``, which
  scripts written for Alembic catch.

Where a name of a constraint or index is expected, ``op.f("...")`` marks it as final: no naming convention is applied to
it. Without ``schema``, a name is looked up in the connection's default schema.
"""

from __future__ import annotations

from typing import NoReturn

from schemashift.op.aliases import ColumnType as ColumnType
from schemashift.op.aliases import ConstraintKind as ConstraintKind
from schemashift.op.aliases import ServerDefault as ServerDefault
from schemashift.op.batch import Batch as Batch
from schemashift.op.batch import batch_alter_table as batch_alter_table
from schemashift.op.columns import add_column as add_column
from schemashift.op.columns import alter_column as alter_column
from schemashift.op.columns import drop_column as drop_column
from schemashift.op.columns import rename_column as rename_column
from schemashift.op.constraints import alter_constraint as alter_constraint
from schemashift.op.constraints import create_check_constraint as create_check_constraint
from schemashift.op.constraints import create_exclude_constraint as create_exclude_constraint
from schemashift.op.constraints import create_foreign_key as create_foreign_key
from schemashift.op.constraints import create_primary_key as create_primary_key
from schemashift.op.constraints import create_unique_constraint as create_unique_constraint
from schemashift.op.constraints import drop_constraint as drop_constraint
from schemashift.op.context import Context as Context
from schemashift.op.indexes import create_index as create_index
from schemashift.op.indexes import drop_index as drop_index
from schemashift.op.indexes import rename_index as rename_index
from schemashift.op.migration import autocommit_block as autocommit_block
from schemashift.op.migration import execute as execute
from schemashift.op.migration import f as f
from schemashift.op.migration import get_bind as get_bind
from schemashift.op.migration import get_context as get_context
from schemashift.op.migration import inline_literal as inline_literal
from schemashift.op.objects import alter_sequence as alter_sequence
from schemashift.op.objects import create_schema as create_schema
from schemashift.op.objects import create_sequence as create_sequence
from schemashift.op.objects import drop_schema as drop_schema
from schemashift.op.objects import drop_sequence as drop_sequence
from schemashift.op.rows import backfill as backfill
from schemashift.op.rows import backfill_numbers as backfill_numbers
from schemashift.op.rows import bulk_insert as bulk_insert
from schemashift.op.rows import insert_missing_rows as insert_missing_rows
from schemashift.op.running import RUNNING as RUNNING
from schemashift.op.running import Running as Running
from schemashift.op.running import caller as caller
from schemashift.op.running import running as running
from schemashift.op.tables import alter_table as alter_table
from schemashift.op.tables import create_table as create_table
from schemashift.op.tables import create_table_comment as create_table_comment
from schemashift.op.tables import drop_table as drop_table
from schemashift.op.tables import drop_table_comment as drop_table_comment
from schemashift.op.tables import rename_table as rename_table
from schemashift.op.types import alter_domain as alter_domain
from schemashift.op.types import alter_enum as alter_enum
from schemashift.op.types import create_domain as create_domain
from schemashift.op.types import create_enum as create_enum
from schemashift.op.types import drop_domain as drop_domain
from schemashift.op.types import drop_enum as drop_enum
from schemashift.op.types import rename_enum as rename_enum
from schemashift.op.types import sql_text as sql_text
from schemashift.op.types import sql_type as sql_type

_ALTERNATIVES = {
    "invoke": "call the function of op for it, as in op.add_column(...)",
    "run_async": "use op.get_bind(), which is an ordinary connection for async drivers too",
    "register_operation": "write a function that calls op",
    "implementation_for": "write a function that calls op",
}


def __getattr__(name: str) -> NoReturn:
    """Raise AttributeError, with the alternative for a function that only Alembic has."""
    alternative = _ALTERNATIVES.get(name)
    raise AttributeError(f"op has no {name!r}" + (f": {alternative}" if alternative else ""))
