# Two commands: `make demo` shows the whole story on this machine, `make test` proves it. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CODE := function_app.py provisioning landing local tests infra
# Two test workers for each core, since many tests wait for processes; WORKERS=0 runs the tests in one process.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')

# Hundreds of processes start in the tests; each would compile what it imports where the environment forbids to keep it.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.local/pycache

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format documents translations pictures bench clients bicep package test-package clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ \t/' | expand -t 14

setup: $(INSTALLED)  ## virtual environment, packages, Azurite (every command below does this first)
	@$(BIN)/python -m local install

$(INSTALLED): requirements.txt requirements-dev.txt
	@echo "setup: installing Python packages into $(VENV) (a minute or two, once)"
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "setup: python3 is %d.%d, and 3.11 or newer is needed. Name one: make PYTHON=python3.13 ..." % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV) || { echo "setup: python3 cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt -e .
	@touch $@

demo: setup  ## the whole story in one run: tenant, hires, sweep, sign-ins, pages, and all of it again
	@$(BIN)/python -m local demo

up: setup  ## start everything and leave it running (HOST=func uses the real Functions host, where installed)
	@$(BIN)/python -m local up $(if $(HOST),--host $(HOST))

test: setup  ## all tests
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: setup  ## format, lint, imports, types
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

format: setup  ## put the code into form
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

documents: setup  ## write the documents that are made from the code
	@$(BIN)/python -m local documents

bicep: setup  ## compile the templates with the real compiler, where there is one; a warning is an error
	@$(BIN)/python -m local bicep

clients: setup  ## azure-cli and the Microsoft 365 CLI against the stand-in (Linux and npm; ARGS=m365 runs one)
	@$(BIN)/python -m tests.clients $(ARGS)

translations: setup  ## bring the page's catalogs up to date and compile them
	@$(BIN)/python -m local.translations extract
	@$(BIN)/python -m local.translations compile

pictures: setup  ## take the pictures of the page in docs/images
	@$(BIN)/python -m tests.browser.pictures

bench: setup  ## figures as JSON lines
	@$(BIN)/python -m tests.bench $(ARGS)

package: setup  ## what is deployed: for Linux and Python 3.13, into build/package
	@$(BIN)/python -m local package $(ARGS)

test-package: setup  ## the integration tests against a package: PACKAGE=build/package/worker, or one of what is installed here
	@$(if $(PACKAGE),,$(BIN)/python -m local package worker --here --output .local/package --python $$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
	@PACKAGE=$(or $(PACKAGE),.local/package/worker) $(BIN)/python -m pytest -n $(WORKERS) -p tests.package_guard tests/integration $(ARGS)

clean:  ## remove everything the commands above made
	rm -rf .venv .venv-* .local build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
