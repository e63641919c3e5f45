# Everything a person types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run test lint lock eval bench drill fuzz install install-dev

PY := .venv/bin/python
UV = $(PY) -m uv

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /	/' | expand -t 12

run: install ## Start Deskbell here: http://127.0.0.1:8000/ (PORT, HOST, DATA_DIR, DEMO=0)
	@exec $(PY) -m core.supervisor

test: install-dev ## Every check: lint, types, imports, all tests on SQLite and on PostgreSQL, in a browser
	@CHROMIUM_PATH="$$($(PY) -m core.testing.chromium)" && export CHROMIUM_PATH && \
	$(MAKE) --no-print-directory lint && \
	$(PY) -m core.testing.both

lint: install-dev ## ruff, mypy --strict, import-linter
	@$(PY) -m ruff check .
	@$(PY) -m mypy .
	@.venv/bin/lint-imports

eval: install-dev ## Quality of answers, as tables (DATA=folder: yours too; BIG=1: 10,000 entries)
	@$(PY) -m eval

bench: install-dev ## Speed, beside the tutorial way, as a table
	@$(PY) -m bench

drill: install-dev ## Faults on purpose: what is lost, what is sent twice
	@$(PY) -m drill

fuzz: install-dev ## 20,000 hostile and proper requests to every address of the API
	@$(PY) -m core.testing.fuzz

lock: install-dev ## Compile requirements*.txt from pyproject.toml
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

install:
	@sh scripts/install.sh requirements.txt .venv/run.lock

install-dev:
	@sh scripts/install.sh requirements-dev.txt .venv/test.lock
