"""Options that no model names are a database administrator's: left alone, unless a migration set them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from tests.support.scripts import send

BY_HAND = {
    "postgresql": [
        "ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_enabled = false)",
        "ALTER TABLE t SET UNLOGGED",
        "ALTER INDEX ix_t_a SET (fillfactor = 60)",
        "ALTER INDEX t_pkey SET (fillfactor = 60)",
    ],
    "mysql": [
        "ALTER TABLE t MAX_ROWS = 1000, CHECKSUM = 1, STATS_PERSISTENT = 1",
        "ALTER TABLE t ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8",
        "ALTER TABLE t ROW_FORMAT = DYNAMIC KEY_BLOCK_SIZE = 0",
        "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "ALTER TABLE t ENGINE = MyISAM",
        "ALTER TABLE t ENGINE = Aria",
        "ALTER TABLE t DROP INDEX ix_t_a, ADD INDEX ix_t_a (a) USING BTREE COMMENT 'by hand'",
        "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id) USING BTREE COMMENT 'by hand'",
        "ALTER TABLE t ADD SYSTEM VERSIONING",
    ],
}
SET: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "postgresql": (
        {"postgresql_with": {"fillfactor": 70, "autovacuum_enabled": False}, "prefixes": ["UNLOGGED"]},
        {"postgresql_with": {"fillfactor": 80}},
    ),
    "mysql": (
        {"mysql_max_rows": "1000", "mysql_checksum": "1", "mysql_row_format": "COMPRESSED"},
        {"mysql_max_rows": "2000"},
    ),
}


def models(table: str = "t", **options: object) -> sa.MetaData:
    metadata = sa.MetaData()
    columns = [sa.Column("a", sa.String(20), index=True), sa.Column("u", sa.String(200), unique=True)]
    sa.Table(table, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns, **options)  # type: ignore[arg-type]
    return metadata


def differences(url: str, metadata: sa.MetaData, folder: Path) -> list[str]:
    return [str(each.describe()) for each in Migrator(url, models=metadata, directory=folder).diff().operations]


def backend(url: str) -> str:
    return {"mariadb": "mysql"}.get(name := sa.make_url(url).get_backend_name(), name)


@pytest.mark.databases("postgresql", "mariadb")
def test_what_an_administrator_set_is_left_alone(database_url: str, tmp_path: Path) -> None:
    migrator = Migrator(database_url, models=models(), directory=tmp_path / "m")
    migrator.init()
    migrator.revision("t", autogenerate=True)
    migrator.upgrade()
    for statement in BY_HAND[backend(database_url)]:
        send(database_url, statement)
        assert differences(database_url, models(), tmp_path / "m") == [], statement


@pytest.mark.databases("postgresql", "mariadb")
def test_what_a_migration_set_is_taken_away_with_the_model(database_url: str, tmp_path: Path) -> None:
    first, second = SET[backend(database_url)]
    for options in (first, second, {}, first):
        migrator = Migrator(database_url, models=models(**options), directory=tmp_path / "m")
        if not (tmp_path / "m").exists():
            migrator.init()
        assert migrator.revision("t", autogenerate=True).revision, options
        migrator.upgrade()
        assert differences(database_url, models(**options), tmp_path / "m") == []
    for _ in range(3):
        migrator.downgrade("-1")
    assert differences(database_url, models(**first), tmp_path / "m") == []


@pytest.mark.databases("postgresql")
def test_one_setting_of_an_administrator_stays_beside_one_of_ours(database_url: str, tmp_path: Path) -> None:
    ours: dict[str, object] = {"postgresql_with": {"fillfactor": 70}}
    migrator = Migrator(database_url, models=models(**ours), directory=tmp_path / "m")
    migrator.init()
    migrator.revision("t", autogenerate=True)
    migrator.upgrade()
    send(database_url, "ALTER TABLE t SET (autovacuum_enabled = off)")
    assert differences(database_url, models(**ours), tmp_path / "m") == []
    (found,) = Migrator(database_url, models=models(), directory=tmp_path / "m").diff().operations
    migrator = Migrator(database_url, models=models(), directory=tmp_path / "m")
    assert str(found.describe()) == "~ table t  postgresql_with: fillfactor 70 -> none"
    migrator.revision("less", autogenerate=True)
    migrator.upgrade()
    with sa.create_engine(database_url).connect() as connection:
        row = connection.exec_driver_sql("SELECT reloptions FROM pg_class WHERE relname = 't'").scalar_one()
    assert row == ["autovacuum_enabled=off"]
