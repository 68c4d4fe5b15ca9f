"""What a migration script imports: ``from schemashift import op``.

One typed function per operation, with the names and keyword names that Alembic's users know. They are
ordinary functions of an ordinary module: ``from schemashift.op import add_column`` works, and ``op`` can be handed to
a function. They find the migration that runs in a `ContextVar`; outside of one they raise `OutsideMigration`.

Where SQLAlchemy takes a name for a schema object, ``op.f("...")`` marks it as final, past any naming convention.
"""

from __future__ import annotations

from typing import NoReturn

from .aliases import ColumnType as ColumnType
from .aliases import ConstraintKind as ConstraintKind
from .aliases import ServerDefault as ServerDefault
from .batch import Batch as Batch
from .batch import batch_alter_table as batch_alter_table
from .columns import add_column as add_column
from .columns import alter_column as alter_column
from .columns import drop_column as drop_column
from .columns import rename_column as rename_column
from .constraints import create_check_constraint as create_check_constraint
from .constraints import create_exclude_constraint as create_exclude_constraint
from .constraints import create_foreign_key as create_foreign_key
from .constraints import create_primary_key as create_primary_key
from .constraints import create_unique_constraint as create_unique_constraint
from .constraints import drop_constraint as drop_constraint
from .context import Context as Context
from .indexes import create_index as create_index
from .indexes import drop_index as drop_index
from .indexes import rename_index as rename_index
from .migration import autocommit_block as autocommit_block
from .migration import execute as execute
from .migration import f as f
from .migration import get_bind as get_bind
from .migration import get_context as get_context
from .migration import inline_literal as inline_literal
from .objects import alter_sequence as alter_sequence
from .objects import create_schema as create_schema
from .objects import create_sequence as create_sequence
from .objects import drop_schema as drop_schema
from .objects import drop_sequence as drop_sequence
from .rows import bulk_insert as bulk_insert
from .rows import fill_column as fill_column
from .rows import fill_table as fill_table
from .rows import number_column as number_column
from .running import RUNNING as RUNNING
from .running import Running as Running
from .running import caller as caller
from .running import running as running
from .tables import alter_table as alter_table
from .tables import create_table as create_table
from .tables import create_table_comment as create_table_comment
from .tables import drop_table as drop_table
from .tables import drop_table_comment as drop_table_comment
from .tables import rename_table as rename_table
from .types import alter_domain as alter_domain
from .types import alter_enum as alter_enum
from .types import create_domain as create_domain
from .types import create_enum as create_enum
from .types import drop_domain as drop_domain
from .types import drop_enum as drop_enum
from .types import rename_enum as rename_enum
from .types import sql_type as sql_type

_ELSEWHERE = {
    "invoke": "call the function of op for it, as in op.add_column(...)",
    "run_async": "use op.get_bind(), which is an ordinary connection for async drivers too",
    "register_operation": "write a function that calls op",
    "implementation_for": "write a function that calls op",
}


def __getattr__(name: str) -> NoReturn:
    """What Alembic has and this has not says what to write."""
    way = _ELSEWHERE.get(name)
    raise AttributeError(f"op has no {name!r}" + (f": {way}" if way else ""))
