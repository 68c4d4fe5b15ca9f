"""URLs to engines, and drivers' words to causes."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from schemashift.connection.drivers import PRODUCTS
from schemashift.connection.engine import engine_for, parse_url, require_engine, unreachable, with_driver
from schemashift.dialects import DIALECTS
from schemashift.errors import BadConfig, BadUrl


@pytest.mark.parametrize(
    ("url", "driver", "unless"),
    [
        ("postgres://host/db", "postgresql+psycopg", "psycopg2"),
        ("postgresql://host/db", "postgresql+psycopg", "psycopg2"),
        ("mysql://host/db", "mysql+pymysql", "MySQLdb"),
        ("mariadb://host/db", "mariadb+pymysql", "MySQLdb"),
        ("postgresql+psycopg://host/db", "postgresql+psycopg", ""),
        ("sqlite://", "sqlite", ""),
    ],
)
def test_a_driver_that_is_installed_is_taken(url: str, driver: str, unless: str) -> None:
    if unless and find_spec(unless) is not None:
        pytest.skip(f"{unless} is installed")
    assert with_driver(parse_url(url)).drivername == driver


def test_a_percent_sign_in_a_files_name_is_itself() -> None:
    assert parse_url("sqlite:////tmp/a%41b.db").database == "/tmp/a%41b.db"


def test_engines_hold_no_connections() -> None:
    assert isinstance(engine_for("sqlite:////tmp/nosuch.db").pool, sa.NullPool)
    assert isinstance(engine_for("postgresql+psycopg://host/db").pool, sa.NullPool)
    assert isinstance(engine_for("sqlite://").pool, sa.StaticPool)


def test_an_engine_is_one() -> None:
    engine = sa.create_engine("sqlite://")
    assert require_engine(engine, "app:engine") is engine
    with pytest.raises(BadConfig, match="app:engine is a str, not an Engine"):
        require_engine("engine", "app:engine")


POSTGRESQL = "postgresql+psycopg://app:secret99@db/shop"
REFUSED_2003 = "(2003, Can't connect to MySQL server on 'db' ("
MYSQL = "mysql+pymysql://app:secret99@db/shop"


@pytest.mark.parametrize(
    ("url", "words", "cause"),
    [
        (POSTGRESQL, "connection to server at db, port 5432 failed: Connection refused", "connection refused"),
        (POSTGRESQL, "failed to resolve host 'db': [Errno -2] Name or service not known", "there is no host db"),
        (POSTGRESQL, 'FATAL:  password authentication failed for user "app"', 'password rejected for "app"'),
        (POSTGRESQL, 'FATAL:  database "shop" does not exist', 'database "shop" does not exist'),
        (POSTGRESQL, 'FATAL:  role "app" does not exist', 'user "app" does not exist'),
        (POSTGRESQL, "FATAL:  sorry, too many clients already", "FATAL:  sorry, too many clients already"),
        (MYSQL, REFUSED_2003 + "[Errno 111] Connection refused)", "connection refused"),
        (MYSQL, REFUSED_2003 + "[Errno -2] Name or service not known)", "there is no host db"),
        (MYSQL, "(1045, \"Access denied for user 'app'@'h' (using password: YES)\")", 'password rejected for "app"'),
        (MYSQL, "(1049, \"Unknown database 'shop'\")", 'database "shop" does not exist'),
        (MYSQL, "odd words with secret99 in them\nand more", "odd words with *** in them"),
    ],
)  # fmt: skip
def test_causes(url: str, words: str, cause: str) -> None:
    error = unreachable(make_url(url), Exception(words))
    assert error.cause == cause
    assert "app:***@db/shop" in error.message
    assert "secret99" not in str(error)


def test_a_url_without_a_password_lacks_one() -> None:
    error = unreachable(make_url("postgresql+psycopg://app@db/shop"), Exception("password authentication failed"))
    assert error.cause == 'password missing for "app"'


def test_words_for_a_url_that_is_none() -> None:
    with pytest.raises(BadUrl) as caught:
        parse_url("not a url with app:secret@host")
    assert "secret" not in str(caught.value)


def test_every_database_with_a_dialect_is_known() -> None:
    assert PRODUCTS.keys() == DIALECTS.keys()
