# Needs make and a Python 3.11 or later with pip; everything else arrives in .venv, pinned and hashed.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.SUFFIXES:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
JOBS ?= 2
# Sets are ordered anew in every run (SEED=n repeats one), but alike in all processes of a run:
# they must agree on the names of the tests.
PYTEST = @seed=$${SEED:-$$$$}; echo "pytest, $(JOBS) processes, SEED=$$seed"; \
	PYTHONHASHSEED=$$seed $(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal

# A name on PATH may be a shim for a version that is not installed: only one that runs counts.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
CANDIDATES = $(or $(PYTHON),python3.13 python3.12 python3.11 python3.14 python3 python)
FIND_PYTHON = $(shell for p in $(CANDIDATES); do \
	if "$$p" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then command -v "$$p"; break; fi; done)

define bootstrap
	@python='$(FIND_PYTHON)'; \
	if [ -z "$$python" ]; then \
		echo "lockgate: no Python 3.11 or later runs here (tried: $(CANDIDATES));" \
			"install one, or name it: make $@ PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	"$$python" tools/bootstrap.py $(1)
endef

export AUDIT

.PHONY: help demo test test-rust test-slow check fuzz sanitize bench audit format lock runtime dev native clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: runtime  ## protect a made-up table of 200,000 patients and look at every step
	@$(BIN)/lockgate demo

test: dev  ## run the tests that take a few minutes together (JOBS=2)
	$(PYTEST) -m "not slow"

test-rust: dev  ## run the tests of the native kernel's own code (needs cargo, or says so)
	@$(BIN)/python tools/rust.py test

test-slow: dev  ## run the long tests: kill -9, memory at millions of rows
	$(PYTEST) -m slow

check: dev  ## style, types, layers, security, secrets, docs, house rules
	@$(BIN)/python tools/check.py

bench: runtime  ## time kernels, judge and whole files against others (BENCH=--smoke: does it run)
	@'$(FIND_PYTHON)' bench/run.py $(BENCH)

fuzz: dev  ## fuzz the native kernel, every target for a minute (SECONDS=60 JOBS=2; needs cargo)
	@JOBS=$(JOBS) $(BIN)/python tools/fuzz.py $(or $(SECONDS),60) $(TARGETS)

sanitize: dev  ## run the native kernel's tests under AddressSanitizer (needs cargo)
	@$(BIN)/python tools/sanitize.py

audit: dev  ## ask the advisory service about every pinned package (AUDIT=strict)
	@$(BIN)/python tools/audit.py

format: dev  ## put the code into the project's format
	@$(BIN)/ruff check --quiet --fix src tests tools bench; $(BIN)/ruff format --quiet src tests tools bench

native:  ## build the native kernel into .venv, also if that failed before (needs cargo)
	$(call bootstrap,native)

lock: dev  ## pin dependencies anew (UPGRADE=1: at their newest)
	@$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

runtime:  ## only make .venv with lockgate in it
	$(call bootstrap,runtime)

dev:  ## make .venv with lockgate and the tools to work on it
	$(call bootstrap,dev)

clean:  ## remove .venv, caches and build output
	rm -rf .venv build dist rust/target .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
