# The commands of this project; `make help` lists them. Needs python3 >= 3.11 and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
STACK := $(BIN)/python -m deploy.local
INSTALLS := requirements.txt constraints.txt $(sort $(wildcard */pyproject.toml))
# Every folder with a pyproject.toml is a package of ours: a new service is installed because it is there.
PACKAGES := $(patsubst %/pyproject.toml,-e ./%,$(sort $(wildcard */pyproject.toml)))
# Named after the content, so that a checkout's new file times install nothing again.
STAMP := $(VENV)/installed-$(shell { cat $(INSTALLS); pwd; $(BIN)/python -V || $(PYTHON) -V; } 2>/dev/null | cksum | cut -d ' ' -f 1)
MADE_AT = $$(pwd) $$($(BIN)/python -V)

.DEFAULT_GOAL := help
.PHONY: help setup run up down status logs reset demo ledger-verify client test bench test-data chaos fuzz sdk check check-city format migrate \
        migration new-service at-scale load-pack retry clean rotate rekey backup restore rebuild replay monitoring

help: ## this list
	@echo "usage: make TARGET [PORT_BASE=8000] [GATEWAY_WORKERS=1] [CITY=tangerang] [ONLY=laksa]"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' Makefile | expand -t 18

setup: $(STAMP) ## install everything into .venv (every target below does it when needed)

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV); the first time takes a minute or two ..."
	@[ -x $(BIN)/python ] && [ "$$(cat $(VENV)/made-at 2>/dev/null)" = "$(MADE_AT)" ] || \
	  { $(PYTHON) -m venv --clear $(VENV) && echo "$(MADE_AT)" > $(VENV)/made-at; }
	@$(PIP) install -c constraints.txt hatchling editables
	@$(PIP) install --no-compile -c constraints.txt --no-build-isolation -r requirements.txt $(PACKAGES)
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

demo: setup ## walk every service through its front door, on the running stack
	@$(BIN)/python -m deploy.local.demo

ledger-verify: setup ## recompute LAKSA's ledger; NAME=gateway: the administrators' audits [HEADS=seq:hash]
	@$(if $(filter gateway,$(NAME)),$(STACK) exec gateway -- python -m gateway verify-audits $(HEADS),\
	  $(STACK) exec laksa -- python -m svc_laksa ledger-verify)

client: setup ## front ends and their keys: make client ARGS="create site --name Site", ARGS=list, ARGS="rotate site"
	@$(STACK) exec gateway -- python -m gateway client $(ARGS)

rotate: setup ## new keys: make rotate KEYS="identity fields lookup media" [NAME=laksa] [NOW=1 after a leak]
	@[ -n "$(KEYS)" ] || { echo 'usage: make rotate KEYS="identity fields lookup media"'; exit 1; }
	@$(STACK) rotate $(KEYS) $(if $(NOW),--leaked) $(if $(NAME),--only $(NAME))

backup: setup ## copy databases, media and keys while all runs: make backup [TO=backups]
	@$(STACK) backup "$(or $(TO),backups)"

restore: setup ## bring a backup back and start: make restore FROM=backups/… [KEYS=file] [FORCE=1]
	@[ -n "$(FROM)" ] || { echo "FROM must name a backup: make restore FROM=backups/…"; exit 1; }
	@$(STACK) restore "$(FROM)" $(if $(KEYS),--keys "$(KEYS)") $(if $(FORCE),--force)

load-pack: setup ## seeds of the city pack that are missing, and what staff changed: make load-pack NAME=prices
	@[ -n "$(NAME)" ] || { echo "NAME must name a service: make load-pack NAME=prices"; exit 1; }
	@$(STACK) exec $(NAME) -- python -m $(patsubst svc_gateway,gateway,svc_$(NAME)) load-pack

monitoring: setup ## what Prometheus needs to watch the running stack, into .run/monitoring
	@$(STACK) monitoring

retry: setup ## try again what a service gave up (events, timers), once its cause is mended: make retry [NAME=gateway]
	@$(STACK) exec $(or $(NAME),gateway) -- python -m $(patsubst svc_gateway,gateway,svc_$(or $(NAME),gateway)) retry

rebuild: setup ## make the gateway's read models anew from the services: make rebuild [MODEL=requests]
	@$(STACK) exec gateway -- python -m gateway rebuild $(MODEL)

replay: setup ## send events again that the broker lost: make replay SINCE=2d
	@[ -n "$(SINCE)" ] || { echo "SINCE must say since when: make replay SINCE=2d (or 12h, 30m, a moment)"; exit 1; }
	@$(STACK) replay "$(SINCE)"

rekey: setup ## re-encrypt everything under the current keys, then drop the old ones [NAME=laksa]
	@$(STACK) rekey $(if $(NAME),--only $(NAME))

test: setup ## all tests, on servers of their own, in TESTERS=3 processes
	@$(BIN)/python -m pytest -q -n $(or $(TESTERS),3) --dist loadfile --no-loadscope-reorder tests $(ARGS)

bench: setup ## measure, beside other gateways: make bench [ARGS="passing --rounds 5"] [SOAK=3600] [STREAMS=1000 CYCLES=10000 SLOW=200]; ARGS=loaded [ROWS=0.1]
	@SOAK="$(SOAK)" ROWS="$(ROWS)" STREAMS="$(STREAMS)" CYCLES="$(CYCLES)" SLOW="$(SLOW)" $(BIN)/python -m tests.bench $(ARGS)

test-data: setup ## tests on real files: make test-data DATA=../shared/data
	@[ -d "$(DATA)" ] || { echo "DATA must name a folder: make test-data DATA=../shared/data"; exit 1; }
	@DATA="$$(cd "$(DATA)" && pwd)" $(BIN)/python -m pytest -q tests/real_data $(ARGS)

chaos: setup ## the kill test alone: make chaos KILLS=100 SEED=1
	@KILLS="$(KILLS)" SEED="$(SEED)" $(BIN)/python -m tests.chaos

fuzz: setup ## everything the document allows, for every role: make fuzz EXAMPLES=50 SEED=1 ONLY=/v1/home
	@FUZZ_EXAMPLES="$(or $(EXAMPLES),50)" FUZZ_SEED="$(or $(SEED),1)" FUZZ_ONLY="$(or $(ONLY),/)" \
	  $(BIN)/python -m pytest -q tests/security/fuzz/test_fuzz.py

sdk: setup ## public generators make TypeScript and Python clients of the running city and call it
	@$(BIN)/python -m tests.sdk --demo "$(or $(RUN_FOLDER),.run)/demo.json" --folder .sdk

check-city: setup ## what a city pack has, lacks and has wrong: make check-city CITY=contoh; without CITY all
	@$(STACK) check-city $(CITY)

at-scale: setup ## a service's reads on large tables: make at-scale SERVICE=laksa ROWS=1000000
	@ROWS="$(or $(ROWS),1000000)" $(BIN)/python -m pytest -q -s $(wildcard tests/svc_$(or $(SERVICE),laksa)/test_*at_scale.py tests/$(or $(SERVICE),laksa)/*/test_*at_scale.py)

check: setup ## lint, format, types, import rules, migrations, city packs, shape
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(STACK) check-migrations
	@$(STACK) check-city
	@$(BIN)/python -m pytest -q tests/test_shape.py

format: setup ## put the code into its one format and order
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

migrate: setup ## bring the running stack's tables to the newest revision
	@$(STACK) migrate

new-service: setup ## write an eighth service that works: make new-service NAME=parks
	@$(BIN)/python -m deploy.local.new_service "$(NAME)"
	@$(PIP) install --no-build-isolation --no-deps -e "./svc-$(NAME)"
	@rm -f $(VENV)/installed-* && $(MAKE) --no-print-directory --touch setup > /dev/null

migration: setup ## write a revision: make migration SERVICE=laksa MESSAGE="add a column"
	@$(STACK) migration "$(SERVICE)" "$(MESSAGE)"

clean: down ## delete .venv and all caches, not the data
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.run/*' -prune -exec rm -rf {} +
