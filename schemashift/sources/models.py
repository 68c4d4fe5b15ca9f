"""What the models declare: from ``"app.models:Base"`` to its `MetaData`, and from that to a schema.

Errors point at the application's own line.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.errors import Location, ModelsDoNotLoad, NoModels, NoTables, SchemashiftError
from schemashift.objects import KINDS, AnyKind
from schemashift.schema import Reading, Schema, TableName
from schemashift.sqla.lift import lift_metadata

ACCEPTED = (
    "a MetaData, a declarative base, SQLModel, a Flask-SQLAlchemy db, a list of these, or a function that returns one"
)


def read_models(metadatas: Sequence[sa.MetaData], dialect: Dialect, kinds: Sequence[AnyKind] = KINDS) -> Reading:
    """What *metadatas* declare on this database: their tables, and the objects of every kind that they need."""
    tables = (dialect.normal(table) for table in lift_metadata(metadatas, dialect.sa).tables)
    others = (kind.normal(each, dialect) for kind in kinds for each in kind.lift(metadatas, dialect.sa))
    return Reading(schema=Schema([*tables, *others]))


def load_metadata(
    models: Sequence[object], *, imports: Iterable[str] = (), root: str | None = None
) -> tuple[sa.MetaData, ...]:
    """The `MetaData` of each of *models*: specs like ``"app.models:Base"`` or the objects themselves.

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
    found = [each for spec in models for each in _metadata(_loaded(spec, root), _named(spec))]
    for module in imports:
        imported(module, root, f'import = ["{module}"]')
    return tuple({id(each): each for each in found}.values())


def require_tables(
    metadatas: Iterable[sa.MetaData], models: Sequence[object], connection: sa.Connection, version_table: TableName
) -> None:
    """Raises `NoTables` where the models have none, whatever the database holds."""
    if any(each.tables for each in metadatas):
        return
    names_there = set(sa.inspect(connection).get_table_names()) - {version_table.name}
    in_database = len(names_there)
    names = ", ".join(_named(each) for each in models)
    count = "the only table" if in_database == 1 else f"all {in_database:,} tables"
    raise NoTables(
        f"{names} has no tables",
        cause="the modules that define your models were not imported",
        state=f"nothing written; as it stands the revision would drop {count} of the database" if in_database else None,
        hints=['import = ["app.users.models", "app.billing.models"]   under [tool.schemashift]'],
    )


def put_on_path(root: str) -> None:
    """Make the project importable, as it is for the application; a ``src`` folder that is no package too."""
    source = os.path.join(root, "src")
    folders = [source] if os.path.isdir(source) and not os.path.exists(os.path.join(source, "__init__.py")) else []
    for each in (*folders, root):
        if each not in sys.path:
            sys.path.insert(0, each)


def load_attribute(spec: str, root: str | None, key: str, wanted: str) -> Any:
    """What ``"module:attribute"`` names. *key* is the setting it stands in. Raises `NoModels`, `ModelsDoNotLoad`."""
    module_name, colon, path = spec.partition(":")
    if not colon or not path or not module_name:
        raise NoModels(f'{key} = "{spec}" names nothing', hints=[f'{key} = "package.module:{wanted}"'])
    here: Any = imported(module_name, root, f'{key} = "{spec}"')
    for name in path.split("."):
        if not hasattr(here, name):
            raise NoModels(
                f"{module_name} has no {path}",
                where=Location(getattr(sys.modules[module_name], "__file__", None) or module_name),
                hints=_guesses(name, here, f'{key} = "{module_name}:'),
            )
        here = getattr(here, name)
    return here


def _guesses(name: str, thing: object, start: str) -> list[str]:
    import difflib

    close = difflib.get_close_matches(name, [each for each in dir(thing) if not each.startswith("__")], 1)
    holders = [each for each in dir(thing) if isinstance(getattr(getattr(thing, each), "metadata", None), sa.MetaData)]
    found = close or holders[:1]
    return [f'did you mean  {start}{found[0]}"  ?'] if found else []


def _named(spec: object) -> str:
    return spec if isinstance(spec, str) else getattr(spec, "__name__", type(spec).__name__)


def _loaded(spec: object, root: str | None) -> object:
    return load_attribute(spec, root, "models", "Base") if isinstance(spec, str) else spec


def _metadata(thing: Any, name: str, *, called: bool = False) -> list[sa.MetaData]:
    if isinstance(thing, sa.MetaData):
        return [thing]
    if isinstance(getattr(thing, "metadata", None), sa.MetaData):
        return [thing.metadata]
    if isinstance(thing, (list, tuple, set, frozenset)):
        return [each for part in thing for each in _metadata(part, name)]
    if callable(thing) and not isinstance(thing, type) and not called:
        return _metadata(_call(thing, name), name, called=True)
    raise NoModels(f"{name} is {_article(type(thing).__name__)}, not models", cause=f"what works: {ACCEPTED}")


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _call(function: Callable[[], object], name: str) -> object:
    try:
        return function()
    except Exception as error:
        raise _failed(error, f"{name}()", None) from error


# -- modules


def imported(name: str, root: str | None, setting: str) -> ModuleType:
    """The module. Raises `ModelsDoNotLoad` that points at the application's line."""
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

    found = find_models(root) if root else None
    looked = f"looked for in {root}" if root else "looked for on sys.path"
    return ModelsDoNotLoad(
        f"there is no module {name}",
        cause=f"{setting}, {looked}",
        hints=[f'did you mean  models = "{found.spec}"  ?'] if found else [],
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
    return []


def _place(error: BaseException, root: str | None) -> tuple[Location, ...]:
    """The application's own line: of a syntax error, else the last one of a file in *root*, else outside of Python."""
    if isinstance(error, SyntaxError) and error.filename:
        return (Location(error.filename, error.lineno, source=(error.text or "").strip()),)
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not _ours(each.filename)]
    own = [
        each
        for each in frames
        if root and each.filename.startswith(root + os.sep) and "site-packages" not in each.filename
    ]
    other = [each for each in frames if "site-packages" not in each.filename]
    for frame in (own or other or frames)[-1:]:
        function = "" if frame.name == "<module>" else frame.name
        return (Location(frame.filename, frame.lineno, function, frame.line or ""),)
    return ()


_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PYTHON = os.path.dirname(os.__file__)


def _ours(path: str) -> bool:
    """A frame of schemashift or of the import system."""
    return path.startswith(("<frozen", _HERE, os.path.join(_PYTHON, "importlib")))
