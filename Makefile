# Two commands matter to a newcomer: `make demo` and `make test`. Each target installs what it needs.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8470
# Four for two cores: many tests wait for a browser, a process or a disk.
WORKERS ?= 4
# Python keeps what it has compiled, whatever the shell says: else each of the hundreds of processes compiles all anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: system-deps setup demo run wheel test test-web test-compiled check check-python check-web mutants bench docs clean
.DEFAULT_GOAL := test

# Debian's age is one of the programs that the tests hold the sealed format against, and with curl and jq what
# docs/protocol.md opens a report with; its Tor reads what docs/onion.md says;
# its Chromium, with fonts for every script that the pages are written in, opens the pages: mostly its engine alone.
SYSTEM := age curl jq tor chromium chromium-headless-shell fonts-noto-core fonts-noto-cjk

system-deps:
	@for package in $(SYSTEM); do command -v $$package >/dev/null || dpkg -s $$package >/dev/null 2>&1 || { \
		echo "installing $$package"; \
		apt-get install -y -q $$package || { apt-get update -q && apt-get install -y -q $$package; }; } || exit 1; done

setup: .venv/ready tests/interop/.venv/ready tests/interop/node_modules/ready app/site/built/languages.json

.venv/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

tests/interop/.venv/ready: requirements-interop.lock
	$(PYTHON) -m venv tests/interop/.venv
	tests/interop/.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-interop.lock
	@touch $@

tests/interop/node_modules/ready: tests/interop/package-lock.json
	cd tests/interop && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# Without scripts: nothing that a package brings is run before it is used.
app/web/node_modules/ready: app/web/package-lock.json
	cd app/web && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

WEB := $(wildcard $(addprefix app/web/,*.mjs *.json protocol/*.ts reporter/*.ts pages/*.ts) $(addprefix app/site/,*.py *.json templates/* catalogues/* style/*))

app/site/built/languages.json: .venv/ready app/web/node_modules/ready $(WEB) app/vocabulary/vocabulary.json
	$(BIN)/python -m app.site.build

# The whole story, then a service to look at. EXIT=1 ends after the story; DATA, PORT and SAMPLES are as in the README.
demo: .venv/ready app/site/built/languages.json
	$(BIN)/tern demo --port $(PORT) $(if $(DATA),--data "$(DATA)") $(if $(SAMPLES),--samples "$(SAMPLES)") $(if $(EXIT),--exit)

run: .venv/ready app/site/built/languages.json
	$(BIN)/tern serve --port $(PORT)

# What is installed where Tern runs, in build/wheel: the pages are in it, and nothing that made them.
wheel: .venv/ready app/site/built/languages.json
	rm -rf build/wheel
	$(BIN)/python -m hatchling build -t wheel -d build/wheel

# Both halves at once, each told of when it ends.
check: .venv/ready app/web/node_modules/ready
	@echo "checking format, lint, types and arrows, of Python and of TypeScript"
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-python check-web

check-python:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W error::UserWarning -m alembic show head >/dev/null  # fails where two migrations follow one, or have one number
	$(BIN)/deptry app docs
	$(BIN)/deptry app tests --ignore DEP004  # tests import what is there for them alone

check-web:
	cd app/web && npm run --silent check

# What fails in seconds comes first, all of it at once. SHUFFLE=7 runs Python's tests in another order, the same for the
# same number.
test: system-deps setup
	@echo "checking format, lint, types and arrows, of Python and of TypeScript, and testing TypeScript"
	@$(MAKE) --no-print-directory --jobs=4 --output-sync=target check-python check-web test-web test-compiled
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --durations=10 $(if $(SHUFFLE),--shuffle $(SHUFFLE))

# Python's tests are found once beforehand, so that they and all they import are compiled: else each worker compiles all.
# What fails here fails below too, where it is told.
test-compiled:
	@$(BIN)/pytest --collect-only >/dev/null || true

test-web:
	cd app/web && npm test --silent

# Whether the tests would notice: every small change to the rules must fail one. An hour, so not a part of `make test`.
mutants: setup
	$(BIN)/python -m tests.mutants --workers 2 $(if $(SAMPLE),--sample $(SAMPLE))

bench: setup
	$(BIN)/python -m tests.bench

docs: .venv/ready
	$(BIN)/python -m docs.generate

clean:
	rm -rf .venv tests/interop/.venv tests/interop/node_modules app/web/node_modules app/site/built build
