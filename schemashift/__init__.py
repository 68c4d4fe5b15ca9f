"""Schema migrations for SQLAlchemy.

``from schemashift import Migrator, op``. Each name is imported when it is first used, so that the command line can
start without importing SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schemashift import errors as errors
    from schemashift import op as op
    from schemashift.config import Config as Config
    from schemashift.errors import SchemashiftError as SchemashiftError
    from schemashift.migrator import Migrator as Migrator
    from schemashift.op import alembic as context

__version__ = "0.1.0"

__all__ = ["Config", "Migrator", "SchemashiftError", "__version__", "context", "errors", "op"]

_PLACES = {
    "Config": "schemashift.config",
    "Migrator": "schemashift.migrator",
    "SchemashiftError": "schemashift.errors",
}
_MODULES = {"context": "schemashift.op.alembic", "errors": "schemashift.errors", "op": "schemashift.op"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    if name in _MODULES:
        return import_module(_MODULES[name])
    raise AttributeError(f"module 'schemashift' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
