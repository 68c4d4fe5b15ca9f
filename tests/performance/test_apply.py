"""Many small revisions cost statements and calls that are counted; what they cost in seconds is in ``make bench``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.counting import calls
from tests.support.scripts import Scripts, state_of

STEPS = (
    'op.create_table("t{0}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))',
    'op.add_column("t{1}", sa.Column("c{0}", sa.Integer))',
    'op.create_index("ix{0}", "t{2}", ["name"])',
    'op.add_column("t{3}", sa.Column("d{0}", sa.String(20), server_default="x"))',
)


def project(folder: Path, number: int) -> Scripts:
    scripts = Scripts(folder)
    for each in range(number):
        scripts.add(f"r{each:05}", STEPS[each % 4].format(each, each - 1, each - 2, each - 3))
    return scripts


def counted(engine: sa.Engine) -> Counter[str]:
    """The first words of the statements that pass, counted."""
    words: Counter[str] = Counter()

    @sa.event.listens_for(engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        words[statement.split()[0]] += 1

    return words


def test_a_revision_on_sqlite_is_four_statements_and_the_run_one_transaction(tmp_path: Path) -> None:
    """One fsync for the run, not two for each revision: that is the factor of twenty on disk."""
    number = 40
    scripts = project(tmp_path / "migrations", number)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    words = counted(engine)
    scripts.go(engine)
    assert words["BEGIN"] == 1
    assert words["SAVEPOINT"] == words["RELEASE"] == number
    assert words["INSERT"] == number
    assert words["CREATE"] + words["ALTER"] == number + 1
    assert words.total() - words["PRAGMA"] - words["SELECT"] == 4 * number + 2
    assert words["PRAGMA"] + words["SELECT"] < 40, "nothing is asked for each revision"
    engine.dispose()


@pytest.mark.parametrize("engine_url", ["postgresql_url", "mariadb_url"])
def test_a_revision_elsewhere_is_its_statement_and_its_row(
    tmp_path: Path, engine_url: str, request: pytest.FixtureRequest
) -> None:
    number = 20
    scripts = project(tmp_path / "migrations", number)
    engine = sa.create_engine(request.getfixturevalue(engine_url))
    words = counted(engine)
    scripts.go(engine)
    journal = {"postgresql_url": 0, "mariadb_url": 1}[engine_url]  # what it begins, before a DDL
    assert words["INSERT"] + words["UPDATE"] == number * (1 + journal)
    assert words["CREATE"] + words["ALTER"] == number + 1
    assert words.total() <= number * (2 + journal) + 15
    engine.dispose()


def calls_of_run(folder: Path, number: int) -> int:
    folder.mkdir()
    scripts = project(folder / "migrations", number)
    return calls(lambda: scripts.go(f"sqlite:///{folder / 'app.db'}")).total()


def test_the_cost_of_a_revision_does_not_grow_with_their_number(tmp_path: Path) -> None:
    """Of what all of them cost together there are two runs, which leave what only the first run does (imports) out."""
    calls_of_run(tmp_path / "first", 4)
    few, more, most = (calls_of_run(tmp_path / str(number), number) for number in (20, 60, 100))
    assert most - more == pytest.approx(more - few, rel=0.05)
    assert (most - more) / 40 < 2_500, "calls for a revision"


def test_nothing_to_do_is_one_question(tmp_path: Path) -> None:
    scripts = project(tmp_path / "migrations", 4)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    scripts.go(engine)
    words = counted(engine)
    scripts.go(engine)
    assert words["SELECT"] == 1
    assert words.keys() <= {"SELECT", "PRAGMA"}
    assert len(state_of(engine).rows) == 4
    engine.dispose()
