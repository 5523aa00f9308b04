# Few targets; each can be run on a fresh machine with Python 3.11 and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?= firstlight-data
SEED ?= 1
PATIENTS ?= 60
BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev
VIEWER := firstlight/web/static/viewer/.built
VIEWER_SOURCES := $(shell find viewer -type f -not -path '*/node_modules/*' 2>/dev/null) $(shell find firstlight/dicom -name '*.py' -o -name '*.json' 2>/dev/null)
CATALOGUES := $(shell find firstlight -name django.po 2>/dev/null)

.PHONY: help install demo test check format bench bench-deid docs lock clean

help:  ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(RUN) $(VIEWER) .venv/.catalogues  ## Install the firstlight command into .venv/bin, with its viewer

demo: install  ## Install, fill the replay of 2020 and serve it (PORT, HOST, DATA)
	@$(BIN)/firstlight demo --data "$(DATA)" --host "$(HOST)" --port "$(PORT)"

test: install $(DEV)  ## Check, then run all tests
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest -q -n 2 --dist loadscope
	@echo "The same on PostgreSQL:"
	@FIRSTLIGHT_TEST_DATABASE=postgres $(BIN)/pytest -q -n 2 --dist loadscope tests/people tests/delivery tests/outbreaks tests/alerts tests/imaging tests/sightings tests/library tests/literature tests/situation tests/surveillance tests/readiness tests/visits tests/weekly

check: $(DEV)  ## Lint, types, import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

format: $(DEV)  ## Format the Python code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: install $(DEV)  ## Measure every figure that is claimed, each beside a peer
	@for each in bench/[a-z]*.py; do echo "== $$each"; $(BIN)/python "$$each"; done

bench-deid: install $(DEV)  ## Score de-identification beside its peers (SEED, PATIENTS) and write the page
	@$(BIN)/python -m bench.deidentification.peers --seed "$(SEED)" --patients "$(PATIENTS)" --page docs/reference/de-identification-score.md

docs: install $(DEV)  ## Check that the documentation's commands and links are true
	@$(BIN)/pytest -q tests/laws/test_contract.py
	@echo "The documentation begins at docs/README.md"

lock: $(DEV)  ## Write the locked requirements anew
	@for each in "--group build -o requirements/run.txt" "--group build --group dev -c requirements/run.txt -o requirements/dev.txt"; do \
	  $(BIN)/uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 $$each pyproject.toml; done
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 -o requirements/node.txt requirements/node.in

.venv/bin/pip:
	@echo "Making .venv …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Firstlight needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python cannot make virtual environments here: on Debian, apt install python3-venv."; exit 1; }

$(RUN): .venv/bin/pip requirements/run.txt pyproject.toml CHANGELOG.md
	@echo "Installing what Firstlight needs …"
	@$(BIN)/pip install --disable-pip-version-check -q --require-hashes -r requirements/run.txt
	@$(BIN)/pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(RUN) requirements/dev.txt
	@echo "Installing what tests need …"
	@$(BIN)/pip install --disable-pip-version-check -q --require-hashes -r requirements/dev.txt
	@touch $@

$(VIEWER): $(RUN) $(VIEWER_SOURCES)
	@bash viewer/build.sh $(abspath $(BIN))
	@touch $@

.venv/.catalogues: $(RUN) $(CATALOGUES)
	@$(BIN)/python -c "from pathlib import Path; from firstlight.web.translations import compile_catalogues; compile_catalogues(Path('firstlight'))"
	@touch $@

clean:  ## Remove what was built, never the data
	@rm -rf .venv viewer/node_modules firstlight/web/static/viewer
