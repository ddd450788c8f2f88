# The commands of this project; `make help` lists them. Needs python3 >= 3.11 and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
STACK := $(BIN)/python -m deploy.local
INSTALLS := requirements.txt constraints.txt $(sort $(wildcard */pyproject.toml))
# Named after the content, so that a checkout's new file times install nothing again.
STAMP := $(VENV)/installed-$(shell { cat $(INSTALLS); pwd; $(BIN)/python -V || $(PYTHON) -V; } 2>/dev/null | cksum | cut -d ' ' -f 1)
MADE_AT = $$(pwd) $$($(BIN)/python -V)

.DEFAULT_GOAL := help
.PHONY: help setup run up down status logs reset demo ledger-verify test test-data check format migrate \
        migration clean

help: ## this list
	@echo "usage: make TARGET [PORT_BASE=8000] [GATEWAY_WORKERS=1] [CITY=tangerang]"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' Makefile | expand -t 18

setup: $(STAMP) ## install everything into .venv (every target below does it when needed)

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV); the first time takes a minute or two ..."
	@[ -x $(BIN)/python ] && [ "$$(cat $(VENV)/made-at 2>/dev/null)" = "$(MADE_AT)" ] || \
	  { $(PYTHON) -m venv --clear $(VENV) && echo "$(MADE_AT)" > $(VENV)/made-at; }
	@$(PIP) install -c constraints.txt hatchling editables
	@$(PIP) install -c constraints.txt --no-build-isolation -r requirements.txt
	@rm -f $(VENV)/installed-* && touch $@

run: setup ## start everything and stay; Ctrl-C stops it, the data is kept
	@$(STACK) run

up: setup ## start everything in the background
	@$(STACK) up

down: ## stop what `up` or `run` started
	@[ ! -x $(BIN)/python ] || $(STACK) down

status: setup ## what runs, and whether it is ready
	@$(STACK) status

logs: setup ## follow the logs; NAME=laksa for one process
	@$(STACK) logs $(NAME)

reset: ## stop and delete all data
	@[ ! -x $(BIN)/python ] || $(STACK) reset

demo: setup ## walk one report from a resident's phone to done, on the running stack
	@$(BIN)/python -m deploy.local.demo

ledger-verify: setup ## recompute the chain of the running stack's LAKSA ledger
	@$(STACK) exec laksa -- python -m svc_laksa ledger-verify

test: setup ## all tests, on a PostgreSQL and a NATS of their own
	@$(BIN)/python -m pytest -q tests $(ARGS)

test-data: setup ## tests on real files: make test-data DATA=../shared/data
	@[ -d "$(DATA)" ] || { echo "DATA must name a folder: make test-data DATA=../shared/data"; exit 1; }
	@DATA="$$(cd "$(DATA)" && pwd)" $(BIN)/python -m pytest -q tests/real_data $(ARGS)

check: setup ## lint, format, types, import rules, migrations, shape
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(STACK) check-migrations
	@$(BIN)/python -m pytest -q tests/test_shape.py

format: setup ## put the code into its one format and order
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

migrate: setup ## bring the running stack's tables to the newest revision
	@$(STACK) migrate

migration: setup ## write a revision: make migration SERVICE=laksa MESSAGE="add a column"
	@$(STACK) migration "$(SERVICE)" "$(MESSAGE)"

clean: down ## delete .venv and all caches, not the data
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.run/*' -prune -exec rm -rf {} +
