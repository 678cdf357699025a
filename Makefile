# Every target sets up what it needs, in .venv: Python (3.10 to 3.13) and make are all a machine must have.
# `make` alone lists the targets.

VENV := .venv
RUN := $(VENV)/bin

# The Python that makes .venv, when there is none yet: set it (make PYTHON=/path/to/python test), or the first
# of these that works is taken. 3.11 comes first: it is what the project is developed with.
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.10 python3.13 python3)

# Fails on a Python that constraints.txt has no versions for, or that lacks the given module.
SUITABLE = -c 'import sys, $(1); sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null

# Further options for pip. On Linux, pip takes PyTorch's build for CUDA, which is several gigabytes; to have the
# small one, give the address of PyTorch's CPU wheel index: make PIP_FLAGS="--extra-index-url ADDRESS" test
PIP_FLAGS ?=
PIP := $(RUN)/python -m pip --disable-pip-version-check install $(PIP_FLAGS) --constraint constraints.txt

# Options for pytest, as in: make test PYTEST_FLAGS="-x -k brian"
PYTEST_FLAGS ?=

# Options for the benchmark, as in: make bench BENCH_FLAGS="--engines shared-cpp,torch --scaling"
BENCH_FLAGS ?=

# Options for the documentation, as in: make docs DOCS_FLAGS="--no-gallery"
DOCS_FLAGS ?=

# INSTALLED says that the installation is complete, and how old it is; DEVELOPED that what tests and checks of style
# need, such as a driver of browsers, is there, too: nothing of that is needed to run. UNFINISHED says that one has
# begun: if it is still there at the next call, the last one was cut off, and .venv is made anew, since nobody knows
# what is in it.
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
UNFINISHED := $(VENV)/.unfinished

# What builds the documentation is added to .venv when it is first asked for.
DOCS_INSTALLED := $(VENV)/.docs-installed

# A second environment, for Brian2GeNN; its versions are those of environment-genn.yml.
GENN_VENV := .venv-genn
GENN_INSTALLED := $(GENN_VENV)/.installed
GENN_PIP := $(GENN_VENV)/bin/python -m pip --disable-pip-version-check install $(PIP_FLAGS) \
  --constraint $(GENN_VENV)/constraints.txt

# Many tests start processes of their own, and each would compile the same files again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test coverage test-genn bench docs docs-links lint format install clean

help:  ## List the targets.
	@echo "usage: make TARGET"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Set-up happens by itself. PYTHON= chooses the Python for .venv, PIP_FLAGS= goes to pip,"
	@echo "PYTEST_FLAGS= to pytest, BENCH_FLAGS= to bionlp bench, and DOCS_FLAGS= to docs/build.py; the"
	@echo "Makefile says more about each."

run: $(INSTALLED)  ## Run the demonstration; its pictures and recordings go to runs/.
	$(RUN)/bionlp demo --out runs

test: $(DEVELOPED)  ## Run the tests.
	$(RUN)/python -m pytest --numprocesses auto --dist worksteal $(PYTEST_FLAGS)

coverage: $(DEVELOPED)  ## Run the tests, and say which lines none of them runs; pages go to runs/coverage/html.
	@mkdir -p runs/coverage
	$(RUN)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=term --cov-report=html $(PYTEST_FLAGS)

test-genn: $(GENN_INSTALLED)  ## Run the tests on the versions for Brian2GeNN, and with GeNN if GENN_PATH is set.
	$(GENN_VENV)/bin/python -m pytest $(PYTEST_FLAGS)

bench: $(INSTALLED)  ## Measure what a sentence costs in each engine; numbers and pictures go to runs/bench/.
	$(RUN)/bionlp bench --out runs/bench $(BENCH_FLAGS)

docs: $(DOCS_INSTALLED)  ## Build the documentation into docs/_build/html; run its examples, check its links.
	$(RUN)/python docs/build.py $(DOCS_FLAGS)

docs-links: $(DOCS_INSTALLED)  ## Look at the documentation's links to other sites; needs a network.
	$(RUN)/python docs/build.py --external $(DOCS_FLAGS)

lint: $(DEVELOPED)  ## Check the style and the types of the code, and change nothing.
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

format: $(DEVELOPED)  ## Format the code, and mend what can be mended by itself.
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

install: $(DEVELOPED)  ## Only set up .venv.

# A command of that name is no proof of a Python: version managers leave stubs that only print an error, and some
# systems split off ensurepip, which puts pip into .venv. So each candidate has to show that it can do the work.
# setuptools is pinned like all else, and so packages are built with it instead of in an isolated environment, where
# pip would use the newest.
$(INSTALLED): pyproject.toml constraints.txt
	@if [ -e $(UNFINISHED) ] || ! $(RUN)/python $(call SUITABLE,pip); then \
	  for python in $(PYTHONS); do \
	    if "$$python" $(call SUITABLE,ensurepip); then \
	      echo "Making $(VENV) with $$("$$python" --version) ($$python)"; \
	      "$$python" -m venv --clear --without-pip $(VENV) && touch $(UNFINISHED) && \
	        $(RUN)/python -m ensurepip >/dev/null; \
	      exit; \
	    fi; \
	  done; \
	  echo "No working Python 3.10 to 3.13 (with its venv module) among: $(PYTHONS)" >&2; \
	  echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
	  exit 1; \
	fi
	@touch $(UNFINISHED)
	$(PIP) pip setuptools
	$(PIP) --no-build-isolation --editable .
	@rm $(UNFINISHED)
	@touch $@

$(DEVELOPED): $(INSTALLED)
	$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	$(PIP) --no-build-isolation --editable '.[dev,docs]'
	@touch $@

# The first environment has shown which Python works.
$(GENN_INSTALLED): $(INSTALLED) environment-genn.yml
	$(RUN)/python -m venv --clear $(GENN_VENV)
	awk '/^ +- [a-z0-9-]+==/ { print $$2 }' environment-genn.yml > $(GENN_VENV)/constraints.txt
	$(GENN_PIP) setuptools cython
	$(GENN_PIP) --no-build-isolation --editable '.[genn,test]'
	@touch $@

clean:  ## Remove .venv, builds and caches; runs/ stays.
	rm -rf $(VENV) $(GENN_VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	rm -rf docs/_build docs/api docs/commands docs/gallery docs/sg_execution_times.rst
	find analysis bionlp networks tests -type d -name __pycache__ -prune -exec rm -rf {} +
