# Needs Python 3.11 to 3.13, pip and make; everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin

# Where nobody said which Python, a newer or older one beside an unsuitable python3 will do.
PYTHONS := $(PYTHON) $(if $(filter file,$(origin PYTHON)),python3.13 python3.12 python3.11)

# TensorFlow takes three times as long to import where its bytecode may not be kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help sweep test proofs chaos check format smoke bench clean

help: ## show this list
	@echo "make <target>, where <target> is one of"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST))

sweep: .venv/installed ## train XOR at three learning rates into outputs/xor
	@$(BIN)/python -m xor_sweep -m lr=0.1,0.01,0.001
	@echo "To use this environment in your shell:  source .venv/bin/activate"

test: .venv/installed ## run the tests, but for those that take long
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m "not proof and not chaos"

proofs: .venv/installed ## run the tests that take long
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m proof

chaos: .venv/installed ## kill sweeps, fill disks and type whatever there is, for an hour or so
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m chaos

check: .venv/installed ## formatting, lint, types and tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m "not proof and not chaos"

format: .venv/installed ## format the code, and fix what lint can fix
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

smoke: .venv/installed ## run the smoke sweep into outputs/smoke
	@$(BIN)/python -m xor_sweep sweep=smoke

bench: .venv/installed ## time the digits grid against scikit-learn's GridSearchCV: 48 runs, then 480
	@$(BIN)/python benchmarks/digits.py
	@$(BIN)/python benchmarks/digits.py --seeds 10

clean: ## remove .venv, builds and caches; outputs/ stays
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made once, and again when what it should hold has changed. An existing .venv keeps its Python.
.venv/installed: pyproject.toml constraints.txt
	@set -e; \
	suitable() { "$$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }; \
	if ! suitable $(BIN)/python; then \
	    for python in $(PYTHONS) none; do \
	        if suitable "$$python"; then break; fi; \
	    done; \
	    if [ "$$python" = none ]; then \
	        echo "xor_sweep needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not: try  make PYTHON=/path/to/python3.12" >&2; \
	        exit 1; \
	    fi; \
	    if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	        echo "$$python has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; \
	        exit 1; \
	    fi; \
	    rm -rf .venv; \
	    "$$python" -m venv .venv; \
	fi; \
	echo "Installing into .venv (2.6 GB, most of it TensorFlow; the first time takes minutes)"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'; \
	touch $@
