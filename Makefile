# Needs only Python 3.11 or newer, pip and make. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN := $(BIN)/python -m
CHECKOV_ENV := .checkov-env

.DEFAULT_GOAL := help
.PHONY: help setup demo test check accept docs schemas rule bench wheel format lint types \
  generated clean-install checkov-env clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(READY)  ## Install the program and its development tools into .venv

demo: $(READY)  ## Check the shipped example project
	@$(BIN)/prodready-infra check fixtures/projects/shop/input || [ $$? -eq 1 ]

test: $(READY)  ## Run all tests
	$(RUN) pytest -n 2

format: $(READY)  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY)  ## Style and common mistakes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)  ## Strict types
	$(BIN)/mypy

generated: $(READY)  ## Compare generated files with what the code says now
	$(BIN)/python docs/generate.py --check

clean-install: wheel  ## Install the wheel into a fresh environment elsewhere and run it
	@bash docs/try_wheel.sh $(PYTHON)

check: lint types generated test clean-install  ## Everything that CI runs
	@test -z "$$(git status --porcelain)" || { git status --short; echo "the tree is not clean"; exit 1; }

accept: $(READY)  ## Record what the rules and the program say now; review the diff
	PRODREADY_ACCEPT=1 $(RUN) pytest -n 2 tests/test_policies.py tests/test_projects.py

docs: $(READY)  ## Write rule pages, catalogue, schemas, and the generated parts of the README
	$(BIN)/python docs/generate.py

schemas: docs  ## Write the JSON Schemas (part of docs)

rule: $(READY)  ## Start a rule: make rule CATEGORY=data_safety SLUG=what-is-wrong
	$(BIN)/python docs/new_rule.py $(CATEGORY) $(SLUG)

bench: $(READY)  ## Measure whole runs beside other checkers (some twenty minutes)
	$(RUN) benchmarks.peers
	$(RUN) benchmarks

wheel: $(READY)  ## Build the wheel and the source distribution
	rm -rf dist
	$(RUN) build --quiet

checkov-env: $(CHECKOV_ENV)/.ready  ## An environment of its own for Checkov

$(CHECKOV_ENV)/.ready:
	$(PYTHON) -m venv $(CHECKOV_ENV)
	$(CHECKOV_ENV)/bin/pip install --quiet --disable-pip-version-check 'checkov>=3.3,<3.4'
	@touch $@

clean:  ## Remove everything that was made
	rm -rf $(VENV) $(CHECKOV_ENV) .peers dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
