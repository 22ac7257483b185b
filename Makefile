# Handrail's commands. `make run` and `make test` need nothing but Debian's python3 (3.11 or newer) with venv, git and make.
.DEFAULT_GOAL := help
.PHONY: help run ask check test fast format lint types eval bench lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
CHROMIUM := $(shell command -v chromium 2>/dev/null)

help: ## List the commands.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: $(VENV)/run.done ## Install what is needed, build the index, and serve on port 8080.
	@$(BIN)/python run_bot.py serve

ask: $(VENV)/run.done ## Chat in the terminal.
	@$(BIN)/python run_bot.py ask

check: $(VENV)/run.done ## Look for faults in the knowledge pack.
	@$(BIN)/python run_bot.py check

test: $(VENV)/test.done chromium lint types ## Install what tests need and run everything.
	$(BIN)/python run_bot.py check
	$(BIN)/python -m pytest -n 2 --dist loadgroup

fast: $(VENV)/test.done ## Run the tests that need no browser.
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore tests/browser

format: $(VENV)/test.done ## Put the code into its usual form.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/test.done ## Look at form and style.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/test.done ## Check the types, strictly.
	$(BIN)/mypy

eval: $(VENV)/run.done ## Measure the answers on the labelled questions; a page with plots goes to var/eval.html.
	$(BIN)/python run_bot.py eval tests/eval/*.jsonl

bench: $(VENV)/test.done ## Measure speed and matching beside rivals.
	$(BIN)/python -m benchmarks.clinc150
	$(BIN)/python -m benchmarks.query_speed
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.http
	$(BIN)/python -m benchmarks.kill
	$(BIN)/python -m benchmarks.streams

lock: $(VENV)/test.done ## Pin the newest versions that pyproject.toml allows.
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate pyproject.toml --group test --output-file requirements-test.lock

clean: ## Remove what was installed and built.
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: chromium
chromium:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ]; then \
	  echo "Installing Chromium for the browser tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  echo "The browser tests need Chromium. Run as root: apt-get install --no-install-recommends chromium"; exit 1; \
	fi
endif

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed. Name one with: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null \
	  || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); } \
	  || { echo "Python cannot make a virtual environment. Run as root: apt-get install python3-venv"; exit 1; }

$(VENV)/run.done: requirements.lock | $(BIN)/python
	@echo "Installing what Handrail needs (once)"
	@$(PIP) install --only-binary :all: --require-hashes -r requirements.lock
	@touch $@

$(VENV)/test.done: requirements-test.lock | $(BIN)/python
	@echo "Installing what the tests need (once)"
	@$(PIP) install --only-binary :all: --require-hashes -r requirements-test.lock
	@touch $@ $(VENV)/run.done
