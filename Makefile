# Set-up happens by itself: the first target that needs it makes .venv from pyproject.toml and constraints.txt.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
DEMO := $(CURDIR)/.demo
# Nothing is written outside this folder, such as a package cache in the home folder.
export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_NO_CACHE := 1
export DAGSTER_DISABLE_TELEMETRY := 1
# The tests start hundreds of processes: with bytecode kept, none has to compile Dagster again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo ui test test-newest test-slow test-long fuzz lint docs docs-site docs-pictures bench constraints clean

help:
	@echo "make demo       run the whole pipeline on generated recordings and print sample queries (no API keys)"
	@echo "make ui         open the demo in the Dagster UI"
	@echo "make test       the quick test suite"
	@echo "make test-newest  the core tests on the newest Python of this machine, with line coverage"
	@echo "make test-slow  the slow suites: soak, crash, browser, servers"
	@echo "make test-long  the suites that are too long for CI: every fault of every operation, a separate Airflow"
	@echo "make fuzz       coverage-guided fuzzing of payloads, lists, errors and callbacks; FUZZ_SECONDS=300 each"
	@echo "make lint       ruff and mypy"
	@echo "make docs       regenerate the pages of docs/ that are generated from code"
	@echo "make docs-site  build the documentation site in site/; broken links are errors"
	@echo "make docs-pictures  regenerate its pictures with the browser tests"
	@echo "make bench      benchmark this package against others; BENCH_SIZE=0.5 million words, default 2"

setup: .venv/installed

# A dot a while: the first installation takes a minute or two.
define install
	@printf 'Installing %s into .venv ' '$(1)'; \
	if command -v uv >/dev/null 2>&1; then \
		([ -x $(PY) ] || uv venv --quiet --python ">=3.11" .venv) && \
		uv pip install --quiet --python $(PY) -c constraints.txt -e ".[$(1)]"; \
	else \
		([ -x $(PY) ] || python3 -m venv .venv) && \
		$(PY) -m pip install --quiet -c constraints.txt -e ".[$(1)]"; \
	fi & \
	while kill -0 $$! 2>/dev/null; do printf .; sleep 2; done; echo; wait $$!
	@touch $@
endef

# What runs; `make demo` and `make ui` need no more.
.venv/runtime: pyproject.toml constraints.txt
	$(call install,dagster)

.venv/installed: .venv/runtime
	$(call install,test)

demo: .venv/runtime
	@$(PY) -m sonitemi_pipelines.cli.demo run --home "$(DEMO)"

ui: .venv/runtime
	@$(PY) -m sonitemi_pipelines.cli.demo ui --home "$(DEMO)"

# COVERAGE=1 prints which lines no test ran.
test: setup
	@$(PY) -m pytest -n auto --dist worksteal \
		$(if $(COVERAGE),--cov=sonitemi_pipelines --cov-report=term:skip-covered)

test-newest: setup
	@.ci/newest-python

test-slow: setup
	@$(PY) -m pytest -m "slow and not long" --timeout 1800 -n 2 --dist loadfile

test-long: setup
	@$(PY) -m pytest -m long --timeout 7200

FUZZ_SECONDS ?= 300

fuzz: setup
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(PY) -c constraints.txt -e ".[test,fuzz]"; \
	else \
		$(PY) -m pip install --quiet -c constraints.txt -e ".[test,fuzz]"; \
	fi
	@for target in transcripts lists errors webhooks; do \
		$(PY) -m tests.fuzz $$target --seconds $(FUZZ_SECONDS) || exit 1; \
	done

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

docs: setup
	@$(PY) docs/make.py

docs-site: .venv/docs-installed
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict

# The tests that look at every page in Chromium keep what they saw.
docs-pictures: .venv/docs-installed
	@SONITEMI_PICTURES=docs/images $(PY) -m pytest -m slow --timeout 1800 \
		tests/docs/test_pictures.py tests/docs/test_site_of_documentation.py tests/orchestration/test_in_the_ui.py

.venv/docs-installed: .venv/installed
	$(call install,docs)

BENCH_SIZE ?= 2

bench: setup
	@$(PY) -m benchmarks --size $(BENCH_SIZE) $(if $(KEEP),--keep)

# After a change of the dependencies: resolve afresh and pin names and versions.
constraints:
	@rm -rf .venv && python3 -m venv .venv && $(PY) -m pip install --quiet -e ".[test,scorers,scale,fuzz]"
	@$(PY) -m pip freeze --exclude-editable > constraints.txt

clean:
	@rm -rf .demo .venv .venv-newest .bench
