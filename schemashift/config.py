"""Settings: the configuration file, the environment and flags, put together into one frozen `Config`.

A setting comes from a flag, else from the environment, else from the file: the nearest ``pyproject.toml`` with a table
``[tool.schemashift]``, or ``schemashift.toml`` with the same keys at its top level, from the current folder upwards.

====================  ==========================  ==================================================================
key                   environment                 value
====================  ==========================  ==================================================================
models                SCHEMASHIFT_MODELS          "app.models:Base", or a list of such
import                                            modules that register models: ["app.billing.models"]
url                   SCHEMASHIFT_URL             "postgresql://...", or "env:DATABASE_URL"
engine                                            "app.db:engine", in place of a URL
directory             SCHEMASHIFT_DIRECTORY       where the scripts are: "migrations"
version_locations                                 more folders of scripts: ["app/billing/versions"]
recursive                                         look for scripts in subfolders too
file_template                                     the name of a new script
timezone                                          of the time in it, say "Europe/Zagreb"; UTC without
version_table                                     "version"
version_table_schema                              the schema the version table is in
lock_timeout                                      seconds to wait for another migration: 60
====================  ==========================  ==================================================================

``SCHEMASHIFT_CONFIG`` names the file itself. Paths in the file are relative to the file, and so is a relative SQLite
path, wherever the URL came from: one URL means one database from every folder.
"""

# Paths are strings here: pathlib costs a tenth of the start-up time that `heads` may take (design decision 13).

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from schemashift.errors import BadConfig, Hint, Location, NoProject, NoUrl
from schemashift.paths import display_path

PYPROJECT = "pyproject.toml"
OWN_FILE = "schemashift.toml"
TABLE = "[tool.schemashift]"
DEFAULT_URL = "sqlite:///app.db"
"""What `init` writes where nobody named a database, so that the next command works."""


class Config(NamedTuple):
    """What is set. All paths are absolute. (A named tuple: a frozen dataclass is dear at start-up.)

    ``url`` is ready to be used; where there is none, ``no_url`` says why and ``url_variable`` what to set. ``root`` is
    the configuration file's folder, or the current one without a file.
    """

    root: str
    path: str | None = None
    models: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    url: str | None = None
    no_url: str = ""
    url_variable: str = "SCHEMASHIFT_URL"
    engine: str | None = None
    directory: str = ""
    version_locations: tuple[str, ...] = ()
    recursive: bool = False
    file_template: str | None = None
    timezone: str | None = None
    version_table: str = "version"
    version_table_schema: str | None = None
    lock_timeout: float = 60.0

    def database_url(self) -> str:
        """The URL. Raises `NoUrl`, saying where it was looked for."""
        if self.url is None:
            raise NoUrl(
                "no database URL",
                cause=self.no_url,
                hints=[f"export {self.url_variable}=postgresql+psycopg://user:pass@host/db     (or --url ...)"],
            )
        return self.url


# -- putting it together


def read_config(
    path: str | os.PathLike[str] | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
    url: str | None = None,
    directory: str | os.PathLike[str] | None = None,
    models: str | None = None,
    required: bool = True,
    upwards: bool = True,
) -> Config:
    """The settings as seen from *folder* (the current one); the keyword arguments are the flags, and win.

    Raises `BadConfig`, and `NoProject` where there is no file and nothing says where the scripts are. With
    *required* false a `Config` of defaults stands in for the file; without *upwards* only *folder* itself is looked at.
    """
    environment = os.environ if environment is None else environment
    folder = os.path.abspath(folder or os.curdir)
    named = path or environment.get("SCHEMASHIFT_CONFIG")
    file = _named(os.path.join(folder, named)) if named else _nearest(folder, upwards=upwards)
    directory = directory or environment.get("SCHEMASHIFT_DIRECTORY")
    if file is None and not directory and required:
        raise no_project()
    config = _defaults(folder) if file is None else _from_file(*file, environment)
    url, models = url or environment.get("SCHEMASHIFT_URL"), models or environment.get("SCHEMASHIFT_MODELS")
    if url:
        config = _with_url(config, url, environment)
    if models:
        config = config._replace(models=_specs(models))
    if directory:
        config = config._replace(directory=os.path.join(folder, directory))
    return config


def _with_url(config: Config, url: str, environment: Mapping[str, str]) -> Config:
    """What a flag or the environment says, in place of what the file says."""
    found, variable = _url(url, environment)
    if found is None:
        missing = f'the URL is "{url}", and {variable} is not set'
        return config._replace(url=None, engine=None, no_url=missing, url_variable=variable)
    return config._replace(url=_absolute_sqlite(found, config.root), engine=None)


def no_project() -> NoProject:
    return NoProject(
        "no schemashift project here or above",
        hints=[Hint("init", why=f"(or pass -c path/to/{PYPROJECT})")],
    )


def _specs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _defaults(folder: str) -> Config:
    missing = "no configuration file, SCHEMASHIFT_URL is not set, and --url was not given"
    return Config(root=folder, directory=os.path.join(folder, "migrations"), no_url=missing)


def _from_file(path: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> Config:
    root = os.path.dirname(path)
    url, variable = _url(settings.get("url"), environment)
    if variable:
        table = TABLE if os.path.basename(path) == PYPROJECT else display_path(path)
        missing = f'{table} url = "{settings["url"]}", and {variable} is not set'
    else:
        missing = f"{display_path(path)} has no url, SCHEMASHIFT_URL is not set, and --url was not given"
    return Config(
        root=root,
        path=path,
        models=tuple(settings.get("models", ())),
        imports=tuple(settings.get("import", ())),
        url=None if url is None else _absolute_sqlite(url, root),
        no_url="" if url is not None or "engine" in settings else missing,
        url_variable=variable or "SCHEMASHIFT_URL",
        engine=settings.get("engine"),
        directory=os.path.join(root, settings.get("directory", "migrations")),
        version_locations=tuple(os.path.join(root, each) for each in settings.get("version_locations", ())),
        recursive=settings.get("recursive", False),
        file_template=settings.get("file_template"),
        timezone=settings.get("timezone"),
        version_table=settings.get("version_table", "version"),
        version_table_schema=settings.get("version_table_schema"),
        lock_timeout=float(settings.get("lock_timeout", 60.0)),
    )


def _url(text: str | None, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """The URL that ``url = text`` means; None and the name of the variable where that is not set."""
    if not text:
        return None, ""
    if not text.startswith("env:"):
        return text, ""
    name = text.removeprefix("env:")
    found = environment.get(name)
    return (found, "") if found else (None, name)


# -- files


File = tuple[str, dict[str, Any]]
"""A configuration file's path and what is set in it, checked."""


def _nearest(folder: str, *, upwards: bool = True) -> File | None:
    while True:
        found = [file for name in (PYPROJECT, OWN_FILE) if (file := _settings_of(os.path.join(folder, name)))]
        if len(found) > 1:
            raise BadConfig(
                f"both {PYPROJECT} and {OWN_FILE} configure schemashift",
                where=[Location(display_path(path)) for path, _ in found],
                hints=[f"keep one: move the keys of {OWN_FILE} under {TABLE}, or delete that table"],
            )
        if found:
            return found[0]
        parent = os.path.dirname(folder)
        if parent == folder or not upwards:
            return None
        folder = parent


def _named(path: str) -> File:
    path = os.path.abspath(path)
    if not os.path.isfile(path):
        raise BadConfig(f"no such file: {display_path(path)}", cause="it was named by -c or SCHEMASHIFT_CONFIG")
    found = _settings_of(path)
    if found is None:
        raise BadConfig(f"{display_path(path)} has no {TABLE}", where=Location(display_path(path)))
    return found


def _settings_of(path: str) -> File | None:
    """What is set in a file, checked; None if it is not there or is not about us."""
    own = os.path.basename(path) != PYPROJECT
    text = _text_of(path)
    if text is None or not (own or "schemashift" in text):
        return None
    data: Any = (plain_settings(text) if own else None) or parse_toml(text, path)
    if not own or "tool" in data:
        tool = data.get("tool", {})
        data = tool.get("schemashift") if isinstance(tool, dict) else None
        if data is None:
            return None
    if not isinstance(data, dict):
        raise BadConfig("tool.schemashift must be a table", where=Location(display_path(path)))
    for key, value in data.items():
        _check(key, value, path, text)
    return path, {key: [value] if key in LISTS and isinstance(value, str) else value for key, value in data.items()}


def _text_of(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"cannot read {display_path(path)}", cause=str(error)) from error


def plain_settings(text: str) -> dict[str, Any] | None:
    """What TOML of lines ``key = "text"`` and ``key = ["text", "text"]`` alone says; None where it takes a parser.

    That is what `init` writes, and importing ``tomllib`` costs start-up what reading some hundred scripts does.
    """
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, value = line.partition(" = ")
        parts = value[1:-1].split(", ") if value[:1] + value[-1:] == "[]" else [value]
        if key in found or not (key.isascii() and key.isidentifier()) or not all(map(_is_plain, parts)):
            return None
        texts = [each[1:-1] for each in parts]
        found[key] = texts if value[0] == "[" else texts[0]
    return found


def _is_plain(value: str) -> bool:
    inner = value[1:-1]
    return len(value) > 1 and value[0] == value[-1] == '"' and not {'"', "\\"} & set(inner) and inner.isprintable()


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """Raises `BadConfig` with the line of the mistake."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise BadConfig("this is not TOML", where=Location(display_path(path), line), cause=str(error)) from error


# -- what is known


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(each) for each in value)


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


Rule = tuple[Callable[[object], bool], str]
TEXT: Rule = (_is_text, "a text in quotes")
TEXTS: Rule = (_is_texts, "a list of texts")
TEXT_OR_TEXTS: Rule = (lambda value: _is_text(value) or _is_texts(value), "a text in quotes or a list of them")
KEYS: dict[str, Rule] = {
    "models": TEXT_OR_TEXTS,
    "import": TEXT_OR_TEXTS,
    "url": TEXT,
    "engine": TEXT,
    "directory": TEXT,
    "version_locations": TEXTS,
    "recursive": (lambda value: isinstance(value, bool), "true or false"),
    "file_template": TEXT,
    "timezone": TEXT,
    "version_table": TEXT,
    "version_table_schema": TEXT,
    "lock_timeout": (_is_time, "a number of seconds"),
}
LISTS = ("models", "import")
"""Keys where one text stands for a list of it."""


def _check(key: str, value: object, path: str, text: str) -> None:
    where = Location(display_path(path), _line_of(key, text))
    if key not in KEYS:
        raise BadConfig(f'unknown key "{key}"', where=where, hints=[_guess(key)])
    holds, wanted = KEYS[key]
    if not holds(value):
        raise BadConfig(f"{key} must be {wanted}, not {_as_toml(value)}", where=where)


def _guess(key: str) -> str:
    import difflib

    found = difflib.get_close_matches(key, KEYS, 1, 0.6)
    return f"did you mean {found[0]}?" if found else f"the keys are {', '.join(KEYS)}"


def _line_of(key: str, text: str) -> int | None:
    """The line that sets *key*. The TOML reader does not tell, so it is looked for below our table's header."""
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == TABLE), 0)
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""")
    return next((number for number, line in enumerate(lines, 1) if number > start and pattern.match(line)), None)


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return toml_text(value) if isinstance(value, str) else str(value)


# -- URLs


# Patterns are compiled when they are used: each costs start-up what reading a dozen scripts does.
_SQLITE = r"(?s)(?P<start>sqlite(?:\+\w+)?:///(?:file:)?)(?P<path>[^?]*)(?P<query>.*)"
_PASSWORD = r"(?s)(//[^:/@?]*|^[^:/@?]+(?=:[^/])):.*@"
_PASSWORD_IN_QUERY = r"(?i)([?&][^=&]*(?:password|passwd|pwd|secret|token)[^=&]*=)[^&]*"


def sqlite_path(url: str) -> str | None:
    """The file of a plain SQLite URL; None for another database, for memory, and for ``file:`` URIs."""
    found = re.fullmatch(_SQLITE, url) if url.startswith("sqlite") else None
    if not found or not found["path"] or found["path"].startswith(":") or found["start"].endswith("file:"):
        return None
    return found["path"]


def _absolute_sqlite(url: str, root: str) -> str:
    found = re.fullmatch(_SQLITE, url) if url.startswith("sqlite") else None
    if not found or not found["path"] or found["path"].startswith((":", "/")) or "mode=memory" in found["query"]:
        return url
    return found["start"] + os.path.join(root, found["path"]) + found["query"]


def masked(url: str) -> str:
    """The URL with ``***`` for passwords."""
    return re.sub(_PASSWORD_IN_QUERY, r"\1***", re.sub(_PASSWORD, r"\1:***@", url))


def no_password(url: str) -> bool:
    """The URL can be written into a file that is committed."""
    return masked(url) == url


def display_url(url: str) -> str:
    """The URL for people: no password, and a SQLite file as seen from the current folder."""
    path = sqlite_path(url)
    return masked(url) if path is None else url.replace(path, display_path(path), 1)


# -- writing, for `init`


def has_settings(folder: str) -> str | None:
    """The configuration file of this very folder, if there is one. Raises `BadConfig`."""
    found = [file[0] for name in (PYPROJECT, OWN_FILE) if (file := _settings_of(os.path.join(folder, name)))]
    return found[0] if found else None


def with_settings(folder: str, settings: Mapping[str, str | list[str]]) -> tuple[str, str]:
    """The path and new text of the file that *settings* go into: the folder's pyproject.toml, else schemashift.toml.

    Nothing is written. Raises `BadConfig` where the file is such that nothing can be appended to it.
    """
    path = os.path.join(folder, PYPROJECT)
    text = _text_of(path)
    lines = "".join(f"{key} = {toml_value(value)}\n" for key, value in settings.items())
    if text is None:
        return os.path.join(folder, OWN_FILE), lines
    parse_toml(text, path)
    gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    new = f"{text}{gap}{TABLE}\n{lines}"
    try:
        parse_toml(new, path)
    except BadConfig as error:
        raise BadConfig(
            f"cannot add {TABLE} to {display_path(path)}",
            cause=error.cause,
            hints=["add these lines by hand:", *lines.splitlines()],
        ) from error
    return path, new


def toml_value(value: str | list[str]) -> str:
    return toml_text(value) if isinstance(value, str) else f"[{', '.join(toml_text(each) for each in value)}]"


def toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
