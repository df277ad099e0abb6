# The manual. Every target makes what it needs, starting from a bare Python 3.11 or 3.12.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: a machine with several indexes warns once per package and index, errors still show.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip --quiet
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.dev-installed
DASHBOARD := $(VENV)/.dashboard-installed

SCALE ?= S
JOBS ?= 2
ARGS ?=

.PHONY: help install demo build dashboard test faults lint format bench dev docs lock clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(CORE) ## Install the locked core into .venv; nothing for development.

# What they print last names the target that installs the dashboard, too.
demo build: export CALLED_BY_MAKE := 1

demo: $(CORE) ## Build the shipped sample shop into var/ and show what came out.
	$(BIN)/lifecycle demo $(ARGS)

build: $(CORE) ## Build from LIFECYCLE_RAW_DIR into LIFECYCLE_STATE_DIR (ARGS="--as-of 2025-06-30").
	$(BIN)/lifecycle build $(ARGS)

# A test mostly waits for one dbt process, so two at a time take both cores. A file is one worker's,
# in the order they are collected: the long pipelines come first, the many short units fill up.
test: $(DEV) ## Run the tests (ARGS="-k sessions", JOBS=1 one at a time).
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

faults: $(DEV) ## Try every row of the fault table (ARGS="--only 3." the third paragraph alone).
	$(BIN)/python -m tests.faults --jobs $(JOBS) $(ARGS)

lint: $(DEV) ## Judge style, types, import order, SQL, YAML, locks and dbt artefacts.
	$(BIN)/python -m tests.lint $(ARGS)

format: $(DEV) ## Mend what ruff and sqlfluff can mend by themselves.
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	$(BIN)/sqlfluff fix --quiet dbt_project tests/data

bench: $(DEV) ## Measure SQL against the scan, a whole build, and libraries, at SCALE=S, M or L.
	$(BIN)/python -m tests.benchmarks --scale $(SCALE) $(ARGS)
	$(BIN)/python -m tests.benchmarks.whole_build --scale $(SCALE)
	$(BIN)/python -m tests.benchmarks.peers --scale $(SCALE)

dev: $(CORE) ## Open the Dagster UI on loopback (ARGS="--port 3001").
	$(BIN)/python -m orchestration.dagster_home.dev $(ARGS)

docs: $(CORE) ## Write the documentation as a site into var/docs (ARGS="--out DIR").
	$(BIN)/python -m orchestration.docs_site $(ARGS)

dashboard: $(DASHBOARD) ## Open the dashboard of var/ on loopback (ARGS="--port 8502").
	$(BIN)/lifecycle dashboard $(ARGS)

lock: $(DEV) ## Resolve pyproject.toml again into the lock files (LOCK_ARGS=--upgrade).
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --quiet $(LOCK_ARGS) --custom-compile-command "make lock" -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dashboard --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --quiet $(LOCK_ARGS) -c requirements.lock \
	    --custom-compile-command "make lock" -o requirements-dashboard.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --quiet $(LOCK_ARGS) -c requirements-dashboard.lock \
	    --custom-compile-command "make lock" -o requirements-dev.lock

clean: ## Remove var/ and what tools have left behind; .venv stays.
	rm -rf var .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	rm -rf dbt_project/target dbt_project/logs logs
	find orchestration tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Trying each name is the only test that counts: a version manager's shim may exist and not run.
$(BIN)/python:
	@for candidate in $(PYTHON) python3.11 python3.12 python3 python; do \
	    if "$$candidate" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	        2>/dev/null; then \
	        echo "Making $(VENV) with $$("$$candidate" --version)"; \
	        exec "$$candidate" -m venv $(VENV); \
	    fi; \
	done; \
	echo "Python 3.11 or 3.12 with venv is needed, and none of python3.11, python3.12, python3 is" \
	    "one; install it, or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1

# The locks are complete and carry hashes: nothing is resolved again, and what is installed is what
# was locked. The project itself goes in last, editable. Python compiles what is imported, when it is;
# to compile everything takes longer than a demo.
$(CORE): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages into $(VENV)"
	@$(PIP) install --no-compile --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-compile --no-deps --editable .
	@$(BIN)/python -m pip check --quiet
	@touch $@

# The lock for development holds the core, too. pip brings uv, which needs a tenth of its time for the
# rest; uv does not read pip's settings (UV_DEFAULT_INDEX names another index).
$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages for development into $(VENV)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock >$(VENV)/uv.lock
	@$(PIP) install --no-deps --require-hashes -r $(VENV)/uv.lock
	@$(UV) install --no-deps --require-hashes -r requirements-dev.lock
	@$(UV) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --quiet
	@touch $(CORE) $@

$(DASHBOARD): requirements-dashboard.lock $(CORE)
	@echo "Installing the locked packages of the dashboard into $(VENV)"
	@$(PIP) install --no-compile --no-deps --require-hashes -r requirements-dashboard.lock
	@$(BIN)/python -m pip check --quiet
	@touch $@
