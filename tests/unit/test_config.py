"""Settings: where they come from, which wins, and what is said about wrong ones."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from schemashift.config import (
    KEYS,
    Config,
    display_url,
    has_password,
    masked,
    parse_toml,
    plain_settings,
    read_config,
    sqlite_path,
    toml_text,
    with_settings,
)
from schemashift.errors import BadConfig, Hint, NoProject, NoUrl
from schemashift.paths import display_path


def pyproject(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(f'[project]\nname = "shop"\n\n[tool.schemashift]\n{text}\n', encoding="utf-8")
    return path


def read(folder: Path, **flags: object) -> Config:
    environment = flags.pop("environment", {})
    return read_config(folder=folder, environment=environment, **flags)  # type: ignore[arg-type]


# -- where it is


def test_the_nearest_file_upwards_counts(tmp_path: Path) -> None:
    pyproject(tmp_path, 'url = "postgresql://far/db"')
    pyproject(tmp_path / "a", 'url = "postgresql://near/db"')
    below = tmp_path / "a" / "b" / "c"
    below.mkdir(parents=True)
    config = read(below)
    assert config.url == "postgresql://near/db"
    assert config.root == str(tmp_path / "a")
    assert config.path == str(tmp_path / "a" / "pyproject.toml")


def test_a_file_above_that_belongs_to_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pyproject(tmp_path, 'models = "evil:Base"')
    below = tmp_path / "below"
    below.mkdir()
    owner = 4711 if os.geteuid() == 0 else os.geteuid()
    if os.geteuid() == 0:
        os.chown(path, owner, -1)
    assert read(tmp_path).models == ("evil:Base",), "in the current folder it is trusted"
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.delenv("SUDO_UID", raising=False)
    with pytest.raises(BadConfig, match="belongs to another user") as caught:
        read(below)
    assert "-c" in str(caught.value.hints[0])
    assert read(below, path=path).models == ("evil:Base",), "it is trusted when it is named"
    monkeypatch.setenv("SUDO_UID", str(owner))
    assert read(below).models == ("evil:Base",)
    monkeypatch.delenv("SUDO_UID")
    monkeypatch.setattr(os, "geteuid", lambda: owner)
    assert read(below).models == ("evil:Base",)


def test_a_pyproject_about_other_things_is_passed_by(tmp_path: Path) -> None:
    pyproject(tmp_path, 'directory = "db"')
    below = tmp_path / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text('[project]\nname = "schemashift-user"\n')
    assert read(below).directory == str(tmp_path / "db")


def test_schemashift_toml_has_the_keys_at_its_top_level(tmp_path: Path) -> None:
    (tmp_path / "schemashift.toml").write_text('models = "app:Base"\nimport = ["a", "b"]\nrecursive = true\n')
    config = read(tmp_path)
    assert (config.models, config.imports, config.recursive) == (("app:Base",), ("a", "b"), True)


def test_both_files_in_one_folder_are_an_error(tmp_path: Path) -> None:
    pyproject(tmp_path, 'url = "sqlite://"')
    (tmp_path / "schemashift.toml").write_text('url = "sqlite://"\n')
    with pytest.raises(BadConfig, match="both") as caught:
        read(tmp_path)
    assert [Path(each.path).name for each in caught.value.where] == ["pyproject.toml", "schemashift.toml"]


def test_no_file_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(NoProject) as caught:
        read(tmp_path)
    assert caught.value.hints == (Hint("init", why="(or pass -c path/to/pyproject.toml)"),)


def test_a_directory_that_is_named_is_a_project_without_a_file(tmp_path: Path) -> None:
    assert read(tmp_path, directory="scripts").directory == str(tmp_path / "scripts")
    environment = {"SCHEMASHIFT_DIRECTORY": "scripts"}
    assert read(tmp_path, environment=environment).directory == str(tmp_path / "scripts")


def test_a_named_file_is_used_and_must_be_there(tmp_path: Path) -> None:
    path = pyproject(tmp_path / "elsewhere", 'directory = "db"')
    assert read_config(path, folder=tmp_path, environment={}).directory == str(tmp_path / "elsewhere" / "db")
    environment = {"SCHEMASHIFT_CONFIG": str(path)}
    assert read(tmp_path, environment=environment).path == str(path)
    with pytest.raises(BadConfig, match="no such file"):
        read_config("nothing.toml", folder=tmp_path, environment={})


def test_a_named_file_without_our_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "schemashift"\n')
    with pytest.raises(BadConfig, match=r"has no \[tool.schemashift\]"):
        read_config("pyproject.toml", folder=tmp_path, environment={})


# -- which wins


def test_flag_before_environment_before_file(tmp_path: Path) -> None:
    pyproject(tmp_path, 'url = "postgresql://file/db"\nmodels = "file:Base"\ndirectory = "file"')
    environment = {
        "SCHEMASHIFT_URL": "postgresql://environment/db",
        "SCHEMASHIFT_MODELS": "environment:Base, other:Base",
        "SCHEMASHIFT_DIRECTORY": "environment",
    }
    by_file, by_environment = read(tmp_path), read(tmp_path, environment=environment)
    by_flag = read(tmp_path, environment=environment, url="postgresql://flag/db", models="flag:Base", directory="flag")
    assert (by_file.url, by_file.models, by_file.directory) == (
        "postgresql://file/db", ("file:Base",), str(tmp_path / "file"),
    )  # fmt: skip
    assert by_environment.url == "postgresql://environment/db"
    assert by_environment.models == ("environment:Base", "other:Base")
    assert (by_flag.url, by_flag.models, by_flag.directory) == (
        "postgresql://flag/db", ("flag:Base",), str(tmp_path / "flag"),
    )  # fmt: skip


def test_a_url_from_outside_takes_the_place_of_an_engine(tmp_path: Path) -> None:
    pyproject(tmp_path, 'engine = "app.db:engine"')
    assert read(tmp_path).engine == "app.db:engine"
    assert read(tmp_path, url="postgresql://flag/db").engine is None


# -- URLs


def test_env_names_a_variable(tmp_path: Path) -> None:
    pyproject(tmp_path, 'url = "env:DATABASE_URL"')
    assert read(tmp_path, environment={"DATABASE_URL": "postgresql://u:p%40ss@host/db"}).url == (
        "postgresql://u:p%40ss@host/db"
    )
    with pytest.raises(NoUrl) as caught:
        read(tmp_path).database_url()
    assert caught.value.cause == '[tool.schemashift] url = "env:DATABASE_URL", and DATABASE_URL is not set'
    assert caught.value.exit_code == 2


def test_a_percent_sign_is_a_character(tmp_path: Path) -> None:
    pyproject(tmp_path, 'url = "postgresql://u:100%@host/db"')
    assert read(tmp_path).url == "postgresql://u:100%@host/db"


def test_without_any_url_it_says_where_it_looked(tmp_path: Path) -> None:
    pyproject(tmp_path, 'directory = "db"')
    with pytest.raises(NoUrl) as caught:
        read(tmp_path).database_url()
    cause = caught.value.cause or ""
    assert all(word in cause for word in ("pyproject.toml", "SCHEMASHIFT_URL", "--url"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///app.db", "sqlite:///{root}/app.db"),
        ("sqlite:///data/app.db?timeout=3", "sqlite:///{root}/data/app.db?timeout=3"),
        ("sqlite+pysqlite:///app.db", "sqlite+pysqlite:///{root}/app.db"),
        ("sqlite:///file:app.db?mode=rw&uri=true", "sqlite:///file:{root}/app.db?mode=rw&uri=true"),
        ("sqlite:////var/app.db", "sqlite:////var/app.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///file::memory:?cache=shared&uri=true", "sqlite:///file::memory:?cache=shared&uri=true"),
        ("sqlite:///file:shared?mode=memory&uri=true", "sqlite:///file:shared?mode=memory&uri=true"),
        ("postgresql://host/app.db", "postgresql://host/app.db"),
    ],
)
def test_a_relative_sqlite_path_is_relative_to_the_file(tmp_path: Path, url: str, expected: str) -> None:
    pyproject(tmp_path, f'url = "{url}"')
    below = tmp_path / "below"
    below.mkdir()
    expected = expected.format(root=tmp_path)
    assert read(below).url == expected
    assert read(below, environment={"SCHEMASHIFT_URL": url}).url == expected
    assert read(below, url=url).url == expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:secret@db/shop", "postgresql://app:***@db/shop"),
        ("postgresql://app:se@cr:et/x@db:5432/shop", "postgresql://app:***@db:5432/shop"),
        ("postgresql://:secret@db/shop", "postgresql://:***@db/shop"),
        ("postgresql://db/shop?user=app&password=secret&x=1", "postgresql://db/shop?user=app&password=***&x=1"),
        ("postgresql://app@db/shop", "postgresql://app@db/shop"),
        ("postgresql//app:secret@db/shop", "postgresql//app:***@db/shop"),
        ("app:secret@db/shop", "app:***@db/shop"),
        ("postgresql:/me:secret@db", "postgresql:/me:***@db"),
        ("postgresql:me:secret@db", "postgresql:***@db"),
        ("mysql://db/shop?pwd=secret", "mysql://db/shop?pwd=***"),
        ("mysql://db/shop?pass=secret&passenger=x", "mysql://db/shop?pass=***&passenger=x"),
        ("postgresql://db/shop?sslpassword=secret", "postgresql://db/shop?sslpassword=***"),
        ("clickhouse://db/?api_key=secret&apiKey=secret&x=key", "clickhouse://db/?api_key=***&apiKey=***&x=key"),
        ("snowflake://db/?private_key_passphrase=secret", "snowflake://db/?private_key_passphrase=***"),
        ("mssql+pyodbc:///?odbc_connect=DSN%3Dx%3BPWD%3Dsecret", "mssql+pyodbc:///?odbc_connect=***"),
        ("sqlite:////var/app.db", "sqlite:////var/app.db"),
        ("sqlite:////var/app.db?key=x&token=secret", "sqlite:////var/app.db?key=x&token=***"),
    ],
)
def test_passwords_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown
    assert "secret" not in display_url(url)
    assert has_password(url) == (url != shown)


def test_a_sqlite_file_is_shown_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert display_url(f"sqlite:///{tmp_path}/data/app.db") == "sqlite:///data/app.db"
    assert display_url("sqlite:////elsewhere/app.db") == "sqlite:////elsewhere/app.db"
    assert display_path(tmp_path / "a.py") == "a.py"
    assert display_path(tmp_path.parent / "a.py") == str(tmp_path.parent / "a.py")


def test_plain_sqlite_files_are_known() -> None:
    assert sqlite_path("sqlite:////var/app.db?timeout=3") == "/var/app.db"
    assert sqlite_path("sqlite://") is None
    assert sqlite_path("sqlite:///file:app.db?uri=true") is None
    assert sqlite_path("postgresql://host/db") is None


# -- what is wrong with it


def test_an_unknown_key_is_an_error_with_a_guess(tmp_path: Path) -> None:
    path = pyproject(tmp_path, 'url = "sqlite://"\nmodles = "app:Base"')
    with pytest.raises(BadConfig, match='unknown key "modles"') as caught:
        read(tmp_path)
    assert caught.value.hints == ("did you mean models?",)
    assert caught.value.where[0].line == 6
    assert Path(caught.value.where[0].path).name == path.name


@pytest.mark.parametrize(
    "key", ["scratch", "protected", "ambiguous", "types", "include_schemas", "include_object", "statement_timeout"]
)
def test_what_does_not_work_yet_is_unknown(tmp_path: Path, key: str) -> None:
    pyproject(tmp_path, f'{key} = "x"')
    with pytest.raises(BadConfig, match="unknown key"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("url = 3", "url must be a text in quotes, not 3"),
        ('url = ""', 'url must be a text in quotes, not ""'),
        ('recursive = "yes"', 'recursive must be true or false, not "yes"'),
        ("models = [1]", r"models must be a text in quotes or a list of them, not \[1\]"),
        ('version_locations = "a"', 'version_locations must be a list of texts, not "a"'),
        ('lock_timeout = "long"', 'lock_timeout must be a number of seconds, not "long"'),
        ("lock_timeout = true", "lock_timeout must be a number of seconds, not true"),
        ("lock_timeout = -1", "lock_timeout must be a number of seconds, not -1"),
        ("line_length = 39", "line_length must be a number of characters, 40 or more, not 39"),
        ("line_length = true", "line_length must be a number of characters, 40 or more, not true"),
        ('line_length = "long"', 'line_length must be a number of characters, 40 or more, not "long"'),
    ],
)
def test_a_value_of_another_type_is_an_error(tmp_path: Path, line: str, message: str) -> None:
    pyproject(tmp_path, line)
    with pytest.raises(BadConfig, match=message) as caught:
        read(tmp_path)
    assert caught.value.where[0].line == 5


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    pyproject(tmp_path, 'url = "sqlite://\n')
    with pytest.raises(BadConfig, match="not TOML") as caught:
        read(tmp_path)
    assert caught.value.where[0].line == 5


def test_every_key_is_documented() -> None:
    import schemashift.config

    text = schemashift.config.__doc__ or ""
    assert all(f"\n{key} " in text for key in KEYS)


# -- writing


@pytest.mark.parametrize("before", ["", "[project]\nname = 'a'", "[project]\nname = 'a'\n", "[tool.ruff]\nx = 1\n\n"])
def test_settings_are_appended_to_a_pyproject(tmp_path: Path, before: str) -> None:
    (tmp_path / "pyproject.toml").write_text(before)
    settings = {"models": 'app."x":Base', "import": ["a", "b"]}
    path, text = with_settings(str(tmp_path), settings)
    assert path == str(tmp_path / "pyproject.toml")
    assert text.startswith(before)
    assert parse_toml(text, path)["tool"]["schemashift"] == settings
    assert (tmp_path / "pyproject.toml").read_text() == before


def test_without_a_pyproject_they_get_a_file_of_their_own(tmp_path: Path) -> None:
    path, text = with_settings(str(tmp_path), {"url": "sqlite:///a.db"})
    assert (Path(path).name, text) == ("schemashift.toml", 'url = "sqlite:///a.db"\n')


def test_a_pyproject_that_takes_no_table_is_an_error_with_the_lines(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("tool = {}\n")
    with pytest.raises(BadConfig, match="cannot add") as caught:
        with_settings(str(tmp_path), {"url": "sqlite:///a.db"})
    assert 'url = "sqlite:///a.db"' in caught.value.hints


@pytest.mark.parametrize("text", ["plain", 'qu"ote', "back\\slash", "tab\there", "new\nline", "käse", "%"])
def test_any_text_survives_as_toml(text: str) -> None:
    assert parse_toml(f"x = {toml_text(text)}", "x.toml") == {"x": text}


def test_it_needs_no_sqlalchemy() -> None:
    code = "import sys, schemashift.config, schemashift.sources.discovery; assert 'sqlalchemy' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


PLAIN = """models = "app.models:Base"
import = ["app.billing.models", "app.users.models"]

url = "sqlite:///größe, % and [so] on = 1.db"
"""


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (PLAIN, True),
        (PLAIN.replace("\n", "\r\n"), True),
        ("", True),
        ('import = ["one"]\n', True),
        ("import = []\n", False),
        ('import = ["a, b", "c"]\n', False),
        ('a = "x"\na = "y"\n', False),
        ('a = "x" # said\n', False),
        ("# said\na = 'x'\n", False),
        ('a = "\\u0041"\n', False),
        ('a = """x"""\n', False),
        ('a = "x\n', False),
        ('a = "x" "y"\n', False),
        ("a = 1\n", False),
        ("recursive = true\n", False),
        ('[tool]\na = "x"\n', False),
        ('a.b = "x"\n', False),
        ('a="x"\n', False),
        ('é = "x"\n', False),
    ],
)
def test_what_needs_no_parser_is_what_the_parser_reads(text: str, plain: bool) -> None:
    found = plain_settings(text)
    assert (found is not None) == plain
    if found is not None:
        assert found == tomllib.loads(text)
