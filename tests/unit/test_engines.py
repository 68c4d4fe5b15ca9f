"""The ladder: which rung is taken, and what is said when none holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import apt, engines
from tests.support.engines import Engine, EngineMissing


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENGINES", "SCHEMASHIFT_REQUIRE", *(f"SCHEMASHIFT_TEST_{n.upper()}_URL" for n in engines.LADDERS)):
        monkeypatch.delenv(name, raising=False)


def test_a_url_in_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMASHIFT_TEST_MARIADB_URL", "mysql+pymysql://me@db/")
    assert engines.find("mariadb") == Engine(
        name="mariadb", source="SCHEMASHIFT_TEST_MARIADB_URL", url="mysql+pymysql://me@db/"
    )


def test_the_first_rung_that_holds_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    second, third = Engine(name="mysql", source="second"), Engine(name="mysql", source="third")
    rungs = (lambda name: None, lambda name: second, lambda name: third)
    monkeypatch.setattr(engines, "LADDERS", {"mysql": rungs})
    assert engines.find("mysql") is second


@pytest.mark.parametrize("name", ["postgresql", "postgresql17", "mariadb", "mysql"])
def test_without_a_rung_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(engines, "LADDERS", {name: (lambda name: None,)})
    with pytest.raises(EngineMissing) as caught:
        engines.find(name)
    message = str(caught.value)
    assert message.startswith(f"{name} was not found. ")
    assert "install" in message
    assert message.endswith(f"Or set SCHEMASHIFT_TEST_{name.upper()}_URL.")
    assert "\n" not in message


def test_postgresql_and_mariadb_are_required_unless_one_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines.required() == ("postgresql", "mariadb")
    monkeypatch.setenv("SCHEMASHIFT_REQUIRE", "")
    assert engines.required() == ()
    monkeypatch.setenv("ENGINES", "mysql")
    assert engines.required() == ("mysql",), "what somebody asks for is required"
    assert engines.known() == ("postgresql", "mariadb", "postgresql16", "postgresql17", "postgresql18", "mysql")


def test_an_engine_nobody_knows_is_no_quiet_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMASHIFT_REQUIRE", "postgres")
    with pytest.raises(EngineMissing, match="no engine is called 'postgres'"):
        engines.required()


def fake_postgresql(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for program in ("pg_ctl", "initdb", "postgres"):
        (folder / program).write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")
        (folder / program).chmod(0o755)
    return folder


def test_an_installed_postgresql_is_taken_only_with_its_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = fake_postgresql(tmp_path / "17/bin", "17.2")
    (client / "initdb").unlink()
    server = fake_postgresql(tmp_path / "15/bin", "15.18")
    monkeypatch.setattr(engines, "_postgresql_directories", lambda: iter([client, server]))
    assert engines.find("postgresql").command == (str(server / "pg_ctl"),)


def test_a_version_of_postgresql_is_that_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    directories = [fake_postgresql(tmp_path / version, f"{version}.1") for version in ("18", "16", "15")]
    monkeypatch.setattr(engines, "_postgresql_directories", lambda: iter(directories))
    assert engines.find("postgresql16").source == str(tmp_path / "16")


def test_the_cache_is_filled_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "CACHE", tmp_path)
    monkeypatch.setattr(apt, "available", lambda: True)

    def broken(root: Path) -> None:
        root.mkdir()
        (root / "half").touch()
        raise apt.AptError("the network went away")

    with pytest.raises(EngineMissing, match="the network went away"):
        engines._cached("mariadb", broken)
    assert not (tmp_path / "engines/mariadb").exists()
    root = engines._cached("mariadb", lambda root: root.mkdir())
    assert root == tmp_path / "engines/mariadb"
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libaio.so.1", "libaio1"),
        ("libaio.so.1", "libaio1t64"),
        ("libssl.so.3", "libssl3"),
        ("libpcre2-8.so.0", "libpcre2-8-0"),
        ("liblz4.so.1", "liblz4-1"),
        ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
        ("libstdc++.so.6", "libstdc++6"),
        ("libz.so.1", "zlib1g"),
        ("libsystemd.so.0", "libsystemd0"),
    ],
)
def test_what_debian_may_call_the_package_of_a_library(soname: str, package: str) -> None:
    assert package in apt.package_names(soname)
