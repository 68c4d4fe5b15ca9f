"""Read the schema that the models declare: from ``"app.models:Base"`` to its `MetaData`, and from that to a schema.

Errors point to the application's own line.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.errors import Location, ModelsDoNotLoad, NoModels, NoTables, SchemashiftError
from schemashift.objects import KINDS, AnyKind
from schemashift.paths import put_on_path
from schemashift.schema import Reading, Schema, TableName
from schemashift.sqla.lift import lift_metadata
from schemashift.words import article, plural

T = TypeVar("T")

ACCEPTED = (
    "a MetaData, a declarative base, SQLModel, a Flask-SQLAlchemy db, a list of these, or a function that returns one"
)


def read_models(metadatas: Sequence[sa.MetaData], dialect: Dialect, kinds: Sequence[AnyKind] = KINDS) -> Reading:
    """Return the schema that *metadatas* declare for this database: their tables, and all other objects they need."""
    tables = (dialect.normal(table) for table in lift_metadata(metadatas, dialect.sa).tables)
    others = (kind.normal(thing, dialect) for kind in kinds for thing in kind.lift(metadatas, dialect.sa))
    return Reading(schema=Schema([*tables, *others]))


def load_metadata(
    models: Sequence[object], *, imports: Iterable[str] = (), root: str | None = None
) -> tuple[sa.MetaData, ...]:
    """Return the `MetaData` of each of *models*, which are specs like ``"app.models:Base"`` or the objects themselves.

    *imports* are modules that register more tables; *root* is put on ``sys.path``. Raises `NoModels` and
    `ModelsDoNotLoad`.
    """
    if not models:
        raise NoModels(
            "no models to compare the database with",
            hints=['models = "package.module:Base"   under [tool.schemashift]'],
        )
    if root:
        put_on_path(root)
    metadatas = [metadata for spec in models for metadata in _metadata_of(spec, root)]
    for module in imports:
        imported(module, root, f'import = ["{module}"]')
    return tuple({id(metadata): metadata for metadata in metadatas}.values())


def require_tables(
    metadatas: Iterable[sa.MetaData], models: Sequence[object], connection: sa.Connection, version_table: TableName
) -> None:
    """Raise `NoTables` if the models have no tables, whatever the database holds."""
    if any(metadata.tables for metadata in metadatas):
        return
    in_database = len(set(sa.inspect(connection).get_table_names()) - {version_table.name})
    names = ", ".join(_named(spec) for spec in models)
    count = "the only table" if in_database == 1 else f"all {plural(in_database, 'table')}"
    raise NoTables(
        f"{names} has no tables",
        cause="the modules that define your models were not imported",
        state=f"nothing written; as it stands the revision would drop {count} of the database" if in_database else None,
        hints=['import = ["app.users.models", "app.billing.models"]   under [tool.schemashift]'],
    )


def load_attribute(spec: str, root: str | None, key: str, wanted: str) -> Any:
    """Return the object named by ``"module:attribute"``, the value of the setting *key*.

    *wanted* is an example of an attribute, for hints. Raises `NoModels` and `ModelsDoNotLoad`.
    """
    module_name, colon, path = spec.partition(":")
    if not colon or not path or not module_name:
        raise NoModels(f'{key} = "{spec}" names nothing', hints=[f'{key} = "package.module:{wanted}"'])
    value: Any = imported(module_name, root, f'{key} = "{spec}"')
    missing = object()
    for name in path.split("."):
        found = in_project(partial(getattr, value, name, missing), spec, root)
        if found is missing:
            raise NoModels(
                f"{module_name} has no {path}",
                where=Location(getattr(sys.modules[module_name], "__file__", None) or module_name),
                hints=_guesses(name, value, f'{key} = "{module_name}:'),
            )
        value = found
    return value


def in_project(call: Callable[[], T], name: str, root: str | None) -> T:
    """Return what *call*, which runs code of the project, returns. Whatever it raises is an error of the project.

    *name* is what is called, as people know it. Raises `ModelsDoNotLoad`; a `SchemashiftError` stays what it is.
    """
    try:
        return call()
    except SchemashiftError:
        raise
    except (Exception, SystemExit) as error:
        raise _failed(error, name, root) from error


def _guesses(name: str, thing: object, start: str) -> list[str]:
    import difflib

    names = dir(thing)
    close = difflib.get_close_matches(name, [other for other in names if not other.startswith("__")], 1)
    with_metadata = [other for other in names if _has_metadata(thing, other)]
    guesses = close or with_metadata[:1]
    return [f'did you mean  {start}{guesses[0]}"  ?'] if guesses else []


def _has_metadata(thing: object, name: str) -> bool:
    try:
        return isinstance(getattr(getattr(thing, name), "metadata", None), sa.MetaData)
    except Exception:  # noqa: BLE001  a property of the application, which is only looked at for a guess
        return False


def _named(spec: object) -> str:
    return spec if isinstance(spec, str) else getattr(spec, "__name__", type(spec).__name__)


def _metadata_of(spec: object, root: str | None) -> list[sa.MetaData]:
    thing = load_attribute(spec, root, "models", "Base") if isinstance(spec, str) else spec
    return in_project(lambda: _metadata(thing, _named(spec)), _named(spec), root)


def _metadata(thing: Any, name: str, *, called: bool = False) -> list[sa.MetaData]:
    if isinstance(thing, sa.MetaData):
        return [thing]
    if isinstance(getattr(thing, "metadata", None), sa.MetaData):
        return [thing.metadata]
    if isinstance(thing, (list, tuple, set, frozenset)):
        return [metadata for part in thing for metadata in _metadata(part, name)]
    if callable(thing) and not isinstance(thing, type) and not called:
        return _metadata(in_project(thing, f"{name}()", None), name, called=True)
    raise NoModels(f"{name} is {article(type(thing).__name__)}, not models", cause=f"what works: {ACCEPTED}")


# -- modules


def imported(name: str, root: str | None, setting: str) -> ModuleType:
    """Import a module and return it. Raises `ModelsDoNotLoad`, which points to the application's line."""
    try:
        return import_module(name)
    except SchemashiftError:
        raise
    except (Exception, SystemExit) as error:  # whatever an application does when it is imported
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            raise _absent(name, root, setting) from error
        raise _failed(error, name, root) from error


def _absent(name: str, root: str | None, setting: str) -> ModelsDoNotLoad:
    from schemashift.sources.discovery import find_models

    other = find_models(root) if root else None
    looked = f"looked for in {root}" if root else "looked for on sys.path"
    return ModelsDoNotLoad(
        f"there is no module {name}",
        cause=f"{setting}, {looked}",
        hints=[f'did you mean  models = "{other.spec}"  ?'] if other else [],
    )


def _failed(error: BaseException, name: str, root: str | None) -> ModelsDoNotLoad:
    return ModelsDoNotLoad(
        f"{name} does not load",
        where=_place(error, root),
        cause=_cause(error),
        hints=_hints(error),
    )


def _cause(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({'' if error.code is None else repr(error.code)})"
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _hints(error: BaseException) -> list[str]:
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return [f"pip install {package}    if that is where it comes from; this Python is {sys.prefix}"]
    if isinstance(error, SystemExit):
        return ['put what runs the program under  if __name__ == "__main__":']
    if isinstance(error, RuntimeError) and "application context" in str(error):
        return ["name a function that returns it inside  with create_app().app_context():"]
    return []


def _place(error: BaseException, root: str | None) -> tuple[Location, ...]:
    """Return the application's line: that of a syntax error, else the last one in *root*, else the last one that is not
    in an installed package."""
    if isinstance(error, SyntaxError) and error.filename:
        return (Location(error.filename, error.lineno, source=(error.text or "").strip()),)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_internal(frame.filename)]
    not_installed = [frame for frame in frames if "site-packages" not in frame.filename]
    in_root = [frame for frame in not_installed if root and frame.filename.startswith(root + os.sep)]
    for frame in (in_root or not_installed or frames)[-1:]:
        function = "" if frame.name == "<module>" else frame.name
        return (Location(frame.filename, frame.lineno, function, frame.line or ""),)
    return ()


_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PYTHON = os.path.dirname(os.__file__)


def _is_internal(path: str) -> bool:
    """Whether a frame's file belongs to schemashift or the import system."""
    return path.startswith(("<frozen", _PACKAGE, os.path.join(_PYTHON, "importlib")))
