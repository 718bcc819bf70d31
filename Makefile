# Jiaohao: `make` shows what there is. Everything runs from .venv, which `make setup` makes.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PY := .venv/bin/python
PACKAGES := hallserver kiosk ui devices
REQUIREMENTS := packaging/requirements

# Workers for the quick tests: one more than cores, as many wait for a broker or a process. Slow tests
# measure or use the whole machine: they run one by one.
WORKERS ?= 3
# What is handed on: `make demo ARGS="--people 200"`, `make quick ARGS=tests/unit`.
ARGS ?=

# Tests draw without a screen, on the software renderer, and speak UTF-8 whatever the locale.
TEST_ENV := QT_QPA_PLATFORM=offscreen QT_QUICK_BACKEND=software QSG_RENDER_LOOP=basic \
	LC_ALL=C.UTF-8 PYTHONUTF8=1
PYTEST = $(TEST_ENV) $(PY) -m pytest

# pip-compile must see the ordinary index only: settings of one machine would leak into the pins.
# An index of your own choice: PIP_INDEX_URL. It is never written into the files.
PIP_COMPILE = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: help
help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup:  ## Debian packages, .venv, pinned Python packages; skips what is done
	@packaging/setup.sh

.PHONY: demo
demo: setup  ## a whole hall on this machine, with people; ARGS="--people 50 --headless"
	@.venv/bin/jiaohao demo $(ARGS)

.PHONY: test
test: setup  ## set up, then all of `check`, to its end even when a part fails
	@$(MAKE) --keep-going check

.PHONY: check
check: lint types contracts docs-check qml-check tests-quick coverage tests-slow  ## exactly what CI runs

.PHONY: quick
quick: need-venv  ## the quick tests only; ARGS=tests/unit for some of them
	@$(PYTEST) -q -n $(WORKERS) --dist worksteal -m "not slow" $(ARGS)

.PHONY: lint
lint: need-venv  ## ruff: rules and format
	@echo "== lint"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

.PHONY: types
types: need-venv  ## mypy --strict on everything of ours
	@echo "== types"
	@$(PY) -m mypy

.PHONY: contracts
contracts: need-venv  ## who may import whom (import-linter)
	@echo "== contracts"
	@$(TEST_ENV) .venv/bin/lint-imports

.PHONY: docs-check
docs-check: need-venv  ## generated documents are what the code says
	@echo "== generated documents"
	@$(PY) -m hallserver.cli_document --check

.PHONY: docs
docs: need-venv  ## write the generated documents anew
	@$(PY) -m hallserver.cli_document

.PHONY: qml-check
qml-check: need-venv  ## qmllint, warnings are errors
	@echo "== qml"
	@# Full paths: with relative ones qmllint does not find the qmldir beside a singleton.
	@find "$$PWD/ui" "$$PWD/kiosk" -name '*.qml' -print0 | sort -z | \
	  $(TEST_ENV) xargs -0 -r .venv/bin/pyside6-qmllint -W 0 -I "$$PWD/ui/kit/qml"

.PHONY: tests-quick
tests-quick: need-venv
	@echo "== tests, quick ones, $(WORKERS) at a time"
	@$(PYTEST) -q -n $(WORKERS) --dist worksteal -m "not slow"

# The rules are exercised whole: each line and each way out of it. Tests of the rules themselves
# have to do it, not whatever happens to pass by.
RULES_TESTS = $(wildcard tests/unit/test_rules_*.py) tests/unit/test_hall_rules.py \
	tests/unit/test_ticket_table.py tests/unit/test_plan.py tests/unit/test_config_rules.py \
	$(addprefix tests/property/test_,$(addsuffix _property.py,appointments availability explain \
	hall hours issue journeys place policy starvation supervise voice waiting))

.PHONY: coverage
coverage: need-venv  ## branch coverage of the rules: all of it
	@echo "== coverage of the rules"
	@mkdir -p out
	@$(TEST_ENV) $(PY) -m coverage run --data-file=out/coverage -m pytest -q $(RULES_TESTS)
	@$(PY) -m coverage report --data-file=out/coverage --fail-under=100

.PHONY: tests-slow
tests-slow: need-venv
	@echo "== tests, slow ones, one by one"
	@$(PYTEST) -q -m slow

.PHONY: bench
bench: need-venv  ## measure; ARGS are handed on
	@[ -e tests/bench/__main__.py ] || { echo "bench: tests/bench/__main__.py is missing" >&2; exit 1; }
	@$(TEST_ENV) $(PY) -m tests.bench $(ARGS)

.PHONY: lock
lock: need-venv  ## pin Python packages anew from pyproject.toml; ARGS=--upgrade for newer ones
	@$(PIP_COMPILE) $(ARGS) --output-file $(REQUIREMENTS)/runtime.txt pyproject.toml
	@$(PIP_COMPILE) $(ARGS) --extra dev --constraint $(REQUIREMENTS)/runtime.txt \
	  --output-file $(REQUIREMENTS)/dev.txt pyproject.toml
	@git --no-pager diff --stat -- $(REQUIREMENTS)

.PHONY: clean
clean:  ## remove what was made, except .venv
	@rm -rf out build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache
	@find $(PACKAGES) tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: need-venv
need-venv:
	@[ -x $(PY) ] || { echo ".venv is missing; run: make setup" >&2; exit 1; }
