# Each target installs what it needs first. PORT=8123 and DATA_DIR=some/folder reach every command.
PYTHON ?= python3
JOBS ?= 2
ROUNDS ?= 10000
SEED ?= 1
BIN := .venv/bin

ifdef PORT
export FIELDBEAT_PORT := $(PORT)
endif
ifdef DATA_DIR
export FIELDBEAT_DATA_DIR := $(DATA_DIR)
endif

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test mutants soak load attack lint bench demo-reset lock schema

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

install: .venv/.installed ## Make .venv and install what running needs

install-dev: .venv/.installed-dev

run: .venv/.installed ## Start everything: database, web, worker, and the demo at the first start
	@exec $(BIN)/fieldbeat serve

test: .venv/.installed-dev ## Run the tests on a PostgreSQL of their own (TEST_DATABASE_URL for another)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

mutants: .venv/.installed-dev ## Break sync and compiled reads on purpose, one way after another, and see that their tests notice
	$(BIN)/python -m pytest -n $(JOBS) tests/sync/mutants.py tests/schema/compiled/mutants.py $(ARGS)

soak: .venv/.installed-dev ## Play ROUNDS=10000 random rounds of sync from SEED=1, then days with real outages and killed processes, alerts, and questions answered both ways
	$(BIN)/python -m tests.soak --rounds $(ROUNDS) --seed $(SEED) --jobs $(JOBS)
	SOAK=1 $(BIN)/python -m pytest tests/flows/test_bad_lines.py tests/flows/test_killed_processes.py tests/flows/test_outages.py \
		tests/flows/test_alignment.py tests/territories/test_alignment_random.py
	ALERT_ROUNDS=5000 ALERT_SEED=$(SEED) $(BIN)/python -m pytest -n $(JOBS) tests/notifications/test_rounds.py
	COMPILED_CASES=5000 COMPILED_DEMO=5000 COMPILED_SEED=$(SEED) $(BIN)/python -m pytest -n 0 tests/schema/compiled

load: .venv/.installed-dev ## Have 500 devices work for ten minutes against two web processes (ARGS="--devices 50 --minutes 1" for less)
	$(BIN)/python -m tests.load $(ARGS)

attack: .venv/.installed-dev ## Attack a server in the production profile, and write docs/security/report.md
	$(BIN)/python -m tests.security $(ARGS)

# mypy and the snapshot read the settings; they must not make a secret in a data folder for that.
lint schema: export FIELDBEAT_SECRET_KEY = only for looking at the program, never for serving

lint: .venv/.installed-dev ## Check format, style, types, import order, migrations and the schema snapshot
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.architecture.migrations
	$(BIN)/fieldbeat schema --check

bench: .venv/.installed-dev ## Measure, and write what was measured
	$(BIN)/python -m tests.benchmarks $(ARGS)

demo-reset: .venv/.installed ## Empty the database and load the demo again
	@exec $(BIN)/fieldbeat demo-reset

schema: .venv/.installed ## Write the GraphQL schema snapshot anew
	@$(BIN)/fieldbeat schema

lock: .venv/.installed-dev ## Choose the versions anew and write the lock files
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra build -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
PIP := $(BIN)/python -m pip --disable-pip-version-check --require-virtualenv install

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
		echo "Fieldbeat needs Python 3.11 or newer, and there is no $(PYTHON) here; install it, or say make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Fieldbeat needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Say make PYTHON=/path/to/a/newer/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments; install its venv package (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Making the environment in .venv"
	@rm -f .venv/.installed .venv/.installed-dev
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv # it was cut short
	@echo "Installing what Fieldbeat needs (a few minutes the first time)"
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml | .venv/.installed
	@echo "Installing what developing Fieldbeat needs"
	@$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
