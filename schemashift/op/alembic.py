"""``from schemashift import context``: the functions of Alembic's ``context`` that existing scripts call."""

# ruff: noqa: PLC0414  names are re-exported

from __future__ import annotations

from typing import Any, Literal, overload

import sqlalchemy as sa

from schemashift.op import Context as Context
from schemashift.op import get_bind as get_bind
from schemashift.op import get_context as get_context
from schemashift.op.running import current


def is_offline_mode() -> bool:
    """Return False: a script always runs with a connection."""
    return False


def execute(sql: str | sa.Executable) -> None:
    """Execute a statement, as `op.execute` does."""
    get_context().execute(sql)


@overload
def get_x_argument(as_dictionary: Literal[False] = ...) -> list[str]: ...
@overload
def get_x_argument(as_dictionary: Literal[True]) -> dict[str, str]: ...
def get_x_argument(as_dictionary: bool = False) -> list[str] | dict[str, str]:  # noqa: FBT001, FBT002  Alembic's way
    """Return the ``-x key=value`` arguments of the command line."""
    arguments = dict(current().x)
    return arguments if as_dictionary else [f"{name}={value}" for name, value in arguments.items()]


def __getattr__(name: str) -> Any:
    if name == "config":
        return get_context().config
    raise AttributeError(f"context has no {name!r}: schemashift runs without an env.py")
