"""Every pair of models can be reached from the other, on every database, and back: `tests.support.circle`."""

from __future__ import annotations

import os
import pathlib
import random
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support import models
from tests.support.circle import Circle, Impossible

SEEDS = range(int(os.environ.get("SCHEMASHIFT_FUZZ_FROM", "0")), 60)


def circle(seed: int, backend: str, folder: pathlib.Path, new_database: Callable[[], str]) -> None:
    """The circle for one seed: up to five tables and one to twelve edits."""
    rng = random.Random(seed)
    first = models.random_models(rng, backend)
    second = models.edit(rng, first, rng.randint(1, 12))
    Circle(first, second, folder, new_database).run()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pair_of_models_goes_round(
    seed: int, database_url: str, new_database: Callable[[], str], tmp_path: pathlib.Path
) -> None:
    backend = sa.make_url(database_url).get_backend_name()
    try:
        circle(seed, backend, tmp_path / "migrations", new_database)
    except Impossible as error:
        pytest.skip(f"create_all() cannot make seed {seed}: {error}")
