"""The databases that can be connected to by URL, and their drivers: one table, without SQLAlchemy."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """A database. ``name`` is the vendor's spelling of its name, as shown to users.

    ``drivers`` are used for a URL that names none: SQLAlchemy's default, and an alternative if that is not installed.
    ``embedded`` means a file or memory instead of a server, and ``needs_database`` that the URL of a server must name a
    database. ``create`` is the command that creates one.
    """

    name: str
    drivers: tuple[str, str] | None = None
    embedded: bool = False
    needs_database: bool = False
    create: str = "CREATE DATABASE {};"


_MYSQL_DRIVERS = ("MySQLdb", "pymysql")

PRODUCTS = {
    "sqlite": Product("SQLite", embedded=True),
    "postgresql": Product("PostgreSQL", ("psycopg2", "psycopg"), create="createdb {}"),
    "mysql": Product("MySQL", _MYSQL_DRIVERS, needs_database=True),
    "mariadb": Product("MariaDB", _MYSQL_DRIVERS, needs_database=True),
}
"""The databases by SQLAlchemy's dialect name."""

ASYNC_DRIVERS = {
    "asyncpg": "psycopg",
    "psycopg_async": "psycopg",
    "aiosqlite": "",
    "aiomysql": "pymysql",
    "asyncmy": "pymysql",
}
"""The synchronous driver to use instead of an asynchronous one."""

INSTALL = {
    "psycopg": '"psycopg[binary]"',
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "pysqlite2": "pysqlite3",
}
"""The name of a driver's package, where it differs from that of its module."""


def product(name: str) -> Product:
    """Return the database with this dialect name; one with the same name and no drivers if it is not known."""
    return PRODUCTS.get(name) or Product(name)
