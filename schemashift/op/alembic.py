"""``from schemashift import context``: what scripts that came from Alembic ask of its ``context``."""

# ruff: noqa: PLC0414  names are handed on

from __future__ import annotations

from typing import Any, Literal, overload

import sqlalchemy as sa

from schemashift.op import Context as Context
from schemashift.op import get_bind as get_bind
from schemashift.op import get_context as get_context
from schemashift.op.running import current


def is_offline_mode() -> bool:
    """False: a script always runs over a connection."""
    return False


def execute(sql: str | sa.Executable) -> None:
    """The same as `op.execute`."""
    get_context().execute(sql)


@overload
def get_x_argument(as_dictionary: Literal[False] = ...) -> list[str]: ...
@overload
def get_x_argument(as_dictionary: Literal[True]) -> dict[str, str]: ...
def get_x_argument(as_dictionary: bool = False) -> list[str] | dict[str, str]:  # noqa: FBT001, FBT002  Alembic's way
    """The ``-x key=value`` arguments of the command line."""
    found = dict(current().x)
    return found if as_dictionary else [f"{name}={value}" for name, value in found.items()]


def __getattr__(name: str) -> Any:
    if name == "config":
        return get_context().config
    raise AttributeError(f"schemashift.op.alembic has no {name!r}: there is no env.py whose context it would be")
