# Everything the project needs goes into .venv; see docs/installation.md.
SHELL := bash
.DEFAULT_GOAL := help

export TORCH ?= torch==2.13.0
export PYTHON ?= python3
export WHEELHOUSE ?=
PYTEST_ARGS ?=
BIN := .venv/bin

.PHONY: help env demo quickstart test coverage faults docs clean

help:
	@echo 'make demo        show every task on shipped images with the shipped weights'
	@echo 'make quickstart  train from nothing: make images, train, evaluate, draw'
	@echo 'make test        check the style and run the tests'
	@echo 'make coverage    run the tests and list the lines that they leave out'
	@echo 'make faults      kill, fill and damage on purpose, for hours; ends with a table'
	@echo 'make docs        build the documentation into docs/_build/html'
	@echo 'make env         only create .venv; the commands above do so when needed'
	@echo 'make clean       remove builds, caches and reports; keeps .venv, data, work_dirs'
	@echo
	@echo "Options: TORCH='torch==2.x' PYTHON=python3.12 WHEELHOUSE=DIR PYTEST_ARGS='-k name'"

env:
	@tools/install/install.sh

demo: env
	$(BIN)/python tools/demo/demo.py

quickstart: env
	$(BIN)/python tools/demo/quickstart.py

test: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

# Measuring which lines run makes the tests half as long again.
coverage:
	$(MAKE) test PYTEST_ARGS='--cov --cov-report=term $(PYTEST_ARGS)'

faults: env
	OMP_NUM_THREADS=1 $(BIN)/python tools/analysis_tools/faults.py
	$(BIN)/python tools/analysis_tools/fill_tables.py

docs: env
	rm -rf docs/_api # pages of modules that may be gone
	$(BIN)/python -m sphinx --fail-on-warning --keep-going docs docs/_build/html

clean:
	rm -rf build dist docs/_api docs/_build projects/*.egg-info .coverage .coverage.* htmlcov .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -type d -name __pycache__ -exec rm -rf {} +
