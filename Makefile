# GNU make 3.81 and bash 3.2 suffice.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.installed-from-locks
RIVALS := .venv/.rivals-installed
AUDIT := .venv/audit
COMPILE := uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header

# pyproject's own options without the one that leaves tests/chaos out.
CHAOS_OPTIONS := --import-mode=importlib --strict-markers --strict-config -ra --disable-socket --allow-unix-socket \
	--allow-hosts=127.0.0.1,::1,localhost

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## Create .venv and install exactly what the locks name

$(STAMP): requirements-dev.lock pyproject.toml tests/setup_venv.sh
	@bash tests/setup_venv.sh .venv requirements-dev.lock
	@touch $(STAMP)

.PHONY: demo
demo: setup ## A full job through the real API on embedded servers
	@$(BIN)/solarsync demo

.PHONY: serve
serve: setup ## API, workers and scheduler on this machine
	@$(BIN)/solarsync serve

.PHONY: check
check: setup ## Lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: test
test: export PYTHONDONTWRITEBYTECODE := # every process that a test starts would compile us anew
test: setup ## The test suite: real Postgres and Redis, no network
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: format
format: setup ## Rewrite the code as ruff formats it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(RIVALS): $(STAMP) requirements-bench.lock tests/setup_bench.sh
	@bash tests/setup_bench.sh .venv requirements-bench.lock
	@touch $(RIVALS)

.PHONY: bench
bench: $(RIVALS) ## Figures, each beside a rival or a floor
	$(BIN)/python -m tests.bench $(ONLY)

.PHONY: chaos
chaos: setup ## Faults under load: processes killed and frozen, servers restarted; counts are printed
	$(BIN)/python -m pytest tests/chaos -q -s -p no:cacheprovider -p no:hypothesispytest -o addopts="$(CHAOS_OPTIONS)"

.PHONY: audit
audit: setup ## Known vulnerabilities in what the locks name (asks PyPI)
	@test -x $(AUDIT)/bin/pip-audit || { $(BIN)/python -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install -q pip-audit==2.10.1; }
	$(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r requirements-dev.lock

.PHONY: fuzz
fuzz: setup ## Schemathesis over the whole OpenAPI document, as every role
	$(BIN)/python -m pytest tests/chaos/test_openapi_fuzz.py -q -s -p no:cacheprovider -o addopts="$(CHAOS_OPTIONS)"

.PHONY: migrate
migrate: setup ## Bring the database to the newest schema
	@$(BIN)/solarsync db upgrade

.PHONY: graph
graph: setup ## Print the workflow as Mermaid
	@$(BIN)/solarsync graph

.PHONY: locks
locks: ## Resolve the locks anew (needs uv)
	$(COMPILE) --extra embedded --extra dev pyproject.toml -o requirements-dev.lock
	$(COMPILE) --extra embedded -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(COMPILE) --extra embedded --extra dev --extra bench -c requirements-dev.lock pyproject.toml -o requirements-bench.lock
