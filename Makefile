# make lab     opens the course in JupyterLab (PORT=, BROWSER=none, PYTHON= work)
# make test    runs every test
# make build   lessons/ -> notebooks/, solutions/, exercises/
# make site    writes the public site to site/, from the notebooks as they are
# make lite    writes the course that runs in the browser to lite/ (QKV_WASM_WHEELS=, or MODE=cdn; see docs/lite.md)
# make narration   reads the lessons aloud into narration/, which the site and the notebooks play (espeak-ng, opus-tools)
# make bench   measures what CONTRIBUTING.md quotes
# make lock    brings the lock files up to date with pyproject.toml
# Each sets up .venv by itself when it is missing or out of date.

.PHONY: lab test build site narration lite bench lock clean
.DEFAULT_GOAL := lab

# The first Python that is new enough; a name that does not exist when none is, so that the recipe can say so.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
IN := .venv/bin
PORT ?=
BENCHMARKS := $(filter-out benchmarks/__init__.py benchmarks/report.py benchmarks/widgets_strokes.py,$(wildcard benchmarks/*.py))

lab: .venv/learn.json
	@$(IN)/qkv lab $(if $(PORT),--port $(PORT)) $(if $(filter none,$(BROWSER)),--no-browser)

test: .venv/dev.json
	$(IN)/pytest -n 2 --dist loadfile -p nbval_home --nbval tests notebooks solutions exercises

build: .venv/dev.json
	$(IN)/qkv build

site: .venv/dev.json
	$(IN)/python -m tools.site

lite: .venv/dev.json
	@$(IN)/python -m tools.lite $(if $(MODE),--mode $(MODE))

narration: .venv/dev.json
	$(IN)/qkv narrate

bench: .venv/dev.json
	@broken=0; for benchmark in $(BENCHMARKS:benchmarks/%.py=%); do \
		$(IN)/python -m benchmarks.$$benchmark || broken=1; done; exit $$broken

COMPILE := $(IN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# What is compiled for the browser comes from elsewhere, and what talks to a terminal or a server stays away.
NOT_FOR_THE_BROWSER := contourpy kiwisolver matplotlib numpy pillow jupyterlab-widgets pexpect psutil ptyprocess widgetsnbextension

lock: .venv/dev.json
	$(COMPILE) pyproject.toml --extra grading --extra build -o requirements.lock
	$(COMPILE) pyproject.toml --extra grading --extra build --extra dask --group dev --group site --group lite -c requirements.lock -o requirements-dev.lock
	echo uv | $(COMPILE) - -c requirements-dev.lock -o requirements-uv.lock
	$(IN)/uv pip compile --quiet --python-version 3.14 --python-platform linux --generate-hashes --no-emit-index-url --no-header \
		--group browser $(NOT_FOR_THE_BROWSER:%=--no-emit-package %) -o requirements-browser.lock
	$(IN)/python -m tools.environment
	$(IN)/python -m tools.npm_lock

.venv/learn.json: requirements.lock requirements-uv.lock pyproject.toml tools/setup.py
	@$(call setup,)

.venv/dev.json: requirements-dev.lock requirements-uv.lock package-lock.json pyproject.toml tools/setup.py
	@$(call setup,--dev)

define setup
$(if $(PYTHON),,echo "make: no Python 3.11 or newer found; install one, or name it: make lab PYTHON=/path/to/python3.12" >&2; exit 1;) \
"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "make: '$(PYTHON)' is not a Python 3.11 or newer; name one that is: make lab PYTHON=python3.12" >&2; exit 1; }; \
"$(PYTHON)" tools/setup.py $(1)
endef

clean:
	rm -rf .venv site lite
