# The tasks of a developer of schemashift, also on a new machine: each target first creates what it needs.
#
#   make setup    create or update the virtual environment .venv
#   make test     every test, on real PostgreSQL and MariaDB. ARGS="-k name" selects tests, JOBS=0 uses one process,
#                 ENGINES=mysql adds real MySQL, SCHEMASHIFT_REQUIRE= skips the tests whose server is missing
#   make check    lint, format, types
#   make demo     a walk through a migration on SQLite
#   make engines  the database servers that the tests find
#   make bench    CPU time compared with Alembic (minutes; ARGS="--size quick") or, ARGS="--against FOLDER", a checkout
#   make fuzz     long random tests     make wheel   build dist/     make lock   update tests/requirements.txt     make clean

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python that is new enough; `make setup PYTHON=...` selects another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done || echo python3)
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
ARGS ?=

# In memory if possible: on a disk, the same tests take many times as long. Removed when pytest ends.
BASETEMP = scratch=$$(mktemp -d "$$(test -w /dev/shm && echo /dev/shm || echo "$${TMPDIR:-/tmp}")/schemashift-XXXXXX"); \
	trap 'rm -rf "$$scratch"' EXIT
PYTEST = $(BIN)/pytest -n $(JOBS) --maxprocesses 8 --basetemp="$$scratch/tests"

.PHONY: help setup test smoke-sqlalchemy20 check demo engines bench fuzz wheel lock clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml tests/requirements.txt tests/support/venv.py
	$(PYTHON) tests/support/venv.py $(VENV)
	@touch $@

# Both sessions run, whatever the result of the first. ARGS applies only to the second.
test: setup
	@smoke=0; $(if $(ARGS),,$(MAKE) --no-print-directory smoke-sqlalchemy20 || smoke=$$?;) \
	$(BASETEMP); $(PYTEST) -m "not fuzz" $(ARGS) || smoke=$$?; exit $$smoke

# The oldest SQLAlchemy that pyproject.toml allows: 2.0, which takes precedence over that of the environment.
SQLALCHEMY20 := .cache/sqlalchemy20

smoke-sqlalchemy20: setup $(SQLALCHEMY20)/.ready
	@$(BASETEMP); PYTHONPATH=$(SQLALCHEMY20) $(PYTEST) -m "smoke and not fuzz" -q

$(SQLALCHEMY20)/.ready: $(VENV)/.ready
	@rm -rf $(SQLALCHEMY20)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(SQLALCHEMY20) "sqlalchemy>=2.0,<2.1"
	@touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict schemashift

demo: setup
	@$(BIN)/python tests/support/demo.py

engines: setup
	@$(BIN)/python -m tests.support

bench: setup
	@$(BIN)/python -m tests.bench $(ARGS)

fuzz: setup
	@$(BASETEMP); $(PYTEST) -m fuzz $(ARGS)

wheel: setup
	$(BIN)/python -m build --wheel --no-isolation

# Resolve the dev extra of pyproject.toml again. The address of the package index is not written to the file.
lock: setup
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --generate-hashes \
		--no-annotate --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file tests/requirements.txt

clean:
	rm -rf $(VENV) .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
