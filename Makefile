# 链主 lianzhu. Two commands on a fresh machine: `make run` and `make test`.
PORT ?= 8000
PYTHON ?= python3
# Test processes; each starts a Neo4j server of its own when it needs one.
WORKERS ?= 2
BIN := .venv/bin

.PHONY: run test test-release check planted bench bundle neo4j setup lock clean

run: .venv/.run
	$(BIN)/lianzhu serve --sample --port $(PORT)

test: .venv/.dev
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-release: .venv/.dev
	LIANZHU_RELEASE=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --doctest-modules --import-mode=importlib graph ingest records viz api --ignore=records/migrations

# Bugs planted one at a time in a copy: each must turn the suite red.
planted: .venv/.dev
	$(BIN)/python -m tests.planted

bench: .venv/.dev
	$(BIN)/python -m tests.benchmarks

# One archive that installs and runs without a network, for this kind of machine and this Python;
# `make bundle PLATFORM=win_amd64` for Windows. Python itself is not in it.
bundle: .venv/.run
	$(BIN)/python bundle/make.py $(if $(PLATFORM),--platform $(PLATFORM))

# A development server with its data kept in var/neo4j; needs Java 17 and Maven.
neo4j: .venv/.dev
	$(BIN)/python -m tests.neo4j

setup: .venv/.dev

# The lock files name every package with its hashes; `make lock` renews them from pyproject.toml.
lock: .venv/.dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml -q --generate-hashes --no-annotate --no-header --universal \
		--python-version 3.11 --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev -q --generate-hashes --no-annotate --no-header \
		--universal --python-version 3.11 -c requirements.lock -o requirements-dev.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "需要 Python 3.11 或更高 / Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "缺少 venv 模块: Debian/Ubuntu 请安装 python3-venv / install the package python3-venv"; exit 1; }

.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/.run

clean:
	rm -rf .venv var
