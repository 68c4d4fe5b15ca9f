"""Settings: the configuration file, the environment and the command line, combined into one frozen `Config`.

The command line takes precedence over the environment, and the environment over the file. The file is the nearest
``pyproject.toml`` with a table ``[tool.schemashift]``, or ``schemashift.toml`` with the same keys at its top level,
from the current folder upwards.

====================  ==========================  ==================================================================
key                   environment                 value
====================  ==========================  ==================================================================
models                SCHEMASHIFT_MODELS          "app.models:Base", or a list of these
import                                            additional modules that define models: ["app.billing.models"]
url                   SCHEMASHIFT_URL             "postgresql://...", or "env:DATABASE_URL"
engine                                            "app.db:engine", instead of a URL
directory             SCHEMASHIFT_DIRECTORY       where the scripts are: "migrations"
version_locations                                 more folders of scripts: ["app/billing/versions"]
recursive                                         whether to search subfolders for scripts
file_template                                     the name of a new script
line_length                                       the longest line of a new script: 88, as formatters have it
timezone                                          for times in scripts: "Europe/Zagreb"; default UTC
version_table                                     "version"
version_table_schema                              the schema of the version table
lock_timeout                                      seconds to wait for another migration: 60
====================  ==========================  ==================================================================

``SCHEMASHIFT_CONFIG`` is the path of the file. Paths in the file are relative to the file, and so is a relative SQLite
path, wherever the URL comes from: the same URL is the same database in every folder.
"""

# Paths are strings: importing pathlib takes a tenth of the start-up time allowed for `heads` (design decision 13).

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
LINE_LENGTH = 88
"""The default of ``line_length``, which is that of the formatters."""
DEFAULT_URL = "sqlite:///app.db"
"""The URL that `init` writes if none was given, so that the next command works."""


class Config(NamedTuple):
    """The settings. All paths are absolute. (A named tuple, because a frozen dataclass is slow to import.)

    ``url`` can be used as it is; if it is None, ``no_url`` is the reason and ``url_variable`` the variable to set.
    ``root`` is the folder of the configuration file, or the current folder if there is no file.
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
    line_length: int = LINE_LENGTH
    timezone: str | None = None
    version_table: str = "version"
    version_table_schema: str | None = None
    lock_timeout: float = 60.0

    def database_url(self) -> str:
        """Return the URL. Raises `NoUrl`, with the places that were searched."""
        if self.url is None:
            export = f"export {self.url_variable}=postgresql+psycopg://user:pass@host/db"
            raise NoUrl(
                "no database URL",
                cause=self.no_url,
                hints=[Hint("", ("--url", "..."), sentence=f"{export}     (or {{}})")],
            )
        return self.url


# -- combining


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
    """Return the settings for *folder* (default: the current one). *url*, *directory* and *models* take precedence.

    Raises `BadConfig`, and `NoProject` if there is no file and no directory is given. If *required* is false, defaults
    are used in place of a missing file. If *upwards* is false, only *folder* itself is searched.
    """
    environment = os.environ if environment is None else environment
    folder = os.path.abspath(folder or os.curdir)
    path = path or environment.get("SCHEMASHIFT_CONFIG")
    file = _read_file(os.path.join(folder, path)) if path else _nearest_file(folder, upwards=upwards)
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
    """Return *config* with the URL of the command line or the environment."""
    value, variable = _url(url, environment)
    if value is None:
        missing = f'the URL is "{url}", and {variable} is not set'
        return config._replace(url=None, engine=None, no_url=missing, url_variable=variable)
    return config._replace(url=_absolute_sqlite(value, config.root), engine=None)


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
        line_length=settings.get("line_length", LINE_LENGTH),
        timezone=settings.get("timezone"),
        version_table=settings.get("version_table", "version"),
        version_table_schema=settings.get("version_table_schema"),
        lock_timeout=float(settings.get("lock_timeout", 60.0)),
    )


def _url(text: str | None, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the URL for ``url = text``; or None and the name of the variable, if that is not set."""
    if not text:
        return None, ""
    if not text.startswith("env:"):
        return text, ""
    name = text.removeprefix("env:")
    value = environment.get(name)
    return (value, "") if value else (None, name)


# -- files


File = tuple[str, dict[str, Any]]
"""The path of a configuration file, and its settings, validated."""


def _nearest_file(start: str, *, upwards: bool = True) -> File | None:
    folder = start
    while True:
        files = [file for name in (PYPROJECT, OWN_FILE) if (file := _settings_of(os.path.join(folder, name)))]
        if len(files) > 1:
            raise BadConfig(
                f"both {PYPROJECT} and {OWN_FILE} configure schemashift",
                where=[Location(display_path(path)) for path, _ in files],
                hints=[f"keep one: move the keys of {OWN_FILE} under {TABLE}, or delete that table"],
            )
        if files:
            _require_trusted(files[0][0], found_above=folder != start)
            return files[0]
        parent = os.path.dirname(folder)
        if parent == folder or not upwards:
            return None
        folder = parent


def _require_trusted(path: str, *, found_above: bool) -> None:
    """Raise `BadConfig` for a file in a folder above that belongs to another user: its settings name code to run.

    Files of root are trusted, and with ``sudo`` those of the user who called it, as git does (``safe.directory``).
    """
    if not found_above or not hasattr(os, "geteuid"):
        return
    if str(os.stat(path).st_uid) not in ("0", str(os.geteuid()), os.environ.get("SUDO_UID")):
        raise BadConfig(
            f"{display_path(path)} belongs to another user, and its settings name code that would run as you",
            where=Location(display_path(path)),
            state="nothing was done",
            hints=[Hint("status", ("-c", display_path(path)), "trusts it")],
        )


def _read_file(path: str) -> File:
    path = os.path.abspath(path)
    if not os.path.isfile(path):
        raise BadConfig(f"no such file: {display_path(path)}", cause="it was named by -c or SCHEMASHIFT_CONFIG")
    file = _settings_of(path)
    if file is None:
        raise BadConfig(f"{display_path(path)} has no {TABLE}", where=Location(display_path(path)))
    return file


def _settings_of(path: str) -> File | None:
    """Return the settings of a file, validated; None if there is no file, or it has no table for schemashift."""
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
    """Parse TOML that consists of lines ``key = "text"`` and ``key = ["text", "text"]``; return None for anything else.

    This is what `init` writes. Importing ``tomllib`` takes as long as reading some hundred scripts.
    """
    settings: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, value = line.partition(" = ")
        parts = value[1:-1].split(", ") if value[:1] + value[-1:] == "[]" else [value]
        if key in settings or not (key.isascii() and key.isidentifier()) or not all(map(_is_plain, parts)):
            return None
        texts = [each[1:-1] for each in parts]
        settings[key] = texts if value[0] == "[" else texts[0]
    return settings


def _is_plain(value: str) -> bool:
    inner = value[1:-1]
    return len(value) > 1 and value[0] == value[-1] == '"' and not {'"', "\\"} & set(inner) and inner.isprintable()


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """Parse TOML. Raises `BadConfig`, with the line of the error."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise BadConfig("this is not TOML", where=Location(display_path(path), line), cause=str(error)) from error


# -- the keys


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(each) for each in value)


def _is_width(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 40


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
    "line_length": (_is_width, "a number of characters, 40 or more"),
    "timezone": TEXT,
    "version_table": TEXT,
    "version_table_schema": TEXT,
    "lock_timeout": (_is_time, "a number of seconds"),
}
LISTS = ("models", "import")
"""Keys for which a single text is a list of one."""


def _check(key: str, value: object, path: str, text: str) -> None:
    where = Location(display_path(path), _line_of(key, text))
    if key not in KEYS:
        raise BadConfig(f'unknown key "{key}"', where=where, hints=[_guess(key)])
    is_valid, expected = KEYS[key]
    if not is_valid(value):
        raise BadConfig(f"{key} must be {expected}, not {_as_toml(value)}", where=where)


def _guess(key: str) -> str:
    import difflib

    close = difflib.get_close_matches(key, KEYS, 1, 0.6)
    return f"did you mean {close[0]}?" if close else f"the keys are {', '.join(KEYS)}"


def _line_of(key: str, text: str) -> int | None:
    """Return the line that sets *key*.

    The TOML parser does not keep it, so it is searched for below the table's header.
    """
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == TABLE), 0)
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""")
    return next((number for number, line in enumerate(lines, 1) if number > start and pattern.match(line)), None)


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return toml_text(value) if isinstance(value, str) else str(value)


# -- URLs


# Patterns are compiled when they are first used: each takes as long as reading a dozen scripts.
_SQLITE = r"(?s)(?P<start>sqlite(?:\+\w+)?:///(?:file:)?)(?P<path>[^?]*)(?P<query>.*)"
_PASSWORD = r"(?s)(//[^:/@?]*|^[^:/@?]+(?=:[^/])|^[^:/@?]+:/[^:/@?]*):.*@"
SECRET = r"passw|passphrase|pwd|secret|token|credential|(?:api|access|private|account)_?-?key|^pass$|odbc_connect"
"""What parameters whose values are not shown have in their names. ``odbc_connect`` holds a whole connection string."""

_IN_QUERY = r"(?s)(?<=[?&])([^=&]*)=([^&]*)"


def sqlite_path(url: str) -> str | None:
    """Return the file of a plain SQLite URL; None for other databases, for memory, and for ``file:`` URIs."""
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
    """Return the URL with ``***`` in place of passwords."""
    return masked_query(re.sub(_PASSWORD, r"\1:***@", url))


def masked_query(url: str) -> str:
    """Return the URL with ``***`` in place of the passwords among its parameters."""
    return re.sub(_IN_QUERY, _masked_parameter, url)


def _masked_parameter(found: re.Match[str]) -> str:
    return f"{found[1]}=***" if re.search(SECRET, found[1], re.IGNORECASE) else found[0]


def has_password(url: str) -> bool:
    """Return True if the URL contains a password, and must not be written into a file that is committed."""
    return masked(url) != url


def display_url(url: str) -> str:
    """Return the URL for display: without a password, and with a SQLite file relative to the current folder."""
    path = sqlite_path(url)
    return masked(url) if path is None else masked_query(url.replace(path, display_path(path), 1))


# -- writing, for `init`


def has_settings(folder: str) -> str | None:
    """Return the configuration file in *folder* itself, if there is one. Raises `BadConfig`."""
    paths = [file[0] for name in (PYPROJECT, OWN_FILE) if (file := _settings_of(os.path.join(folder, name)))]
    return paths[0] if paths else None


def with_settings(folder: str, settings: Mapping[str, str | list[str]]) -> tuple[str, str]:
    """Return the path and the new text of the file for *settings*: pyproject.toml if it exists, else schemashift.toml.

    Nothing is written. Raises `BadConfig` if the settings cannot be appended to the file.
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
