# make demo   the main job against the bundled replica of the site, into ecnews.db
# make crawl  the main job against the site
# make test   linters and all tests
# make bench  benchmarks: ratios against peers and against bare Scrapy
# make deploy [TARGET=name]  this version to scrapyd: a target of scrapy.cfg (docs/deploy.md)
# make torture [SEED=n]  crawls that are killed, cut off from their database, out of disk: minutes

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

TARGET ?= default
SEED ?=

.PHONY: demo crawl test bench deploy torture clean

demo: $(VENV)/.run
	@$(BIN)/python -m tests.demo

crawl: $(VENV)/.run
	@ECNEWS_PROGRESS=1 $(BIN)/scrapy crawl digital_retail --loglevel WARNING

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W error -m pytest -n 3 --dist loadfile

bench: $(VENV)/.bench
	@$(BIN)/python -m tests.bench

# Versions sort by when they were deployed, which is how scrapyd finds the newest. scrapyd-deploy
# ends well even where the server could not load what it was given: its answer decides.
deploy: $(VENV)/.deploy
	@version=$$(date -u +%Y%m%d-%H%M%S)-$$(git describe --always --dirty 2>/dev/null \
	    || $(BIN)/python -c 'import ecnews; print("v" + ecnews.__version__)'); \
	said=$$($(BIN)/scrapyd-deploy --version "$$version" $(TARGET)); \
	rm -rf build ecnews.egg-info; \
	printf '%s\n' "$$said"; \
	case $$said in *'"status": "ok"'*) ;; *'"status": "error"'*) \
	    echo "the server cannot run $$version, and has it as its newest version: bring its packages" \
	        "up to date, or delete the version (docs/deploy.md)" >&2; exit 1;; \
	*) exit 1;; esac

torture: $(VENV)/.dev
	@$(BIN)/python -m tests.torture $(SEED)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# Each stamp says that an environment has what its requirements file names.
$(VENV)/.run: requirements.txt | $(VENV)/.made
	@echo "installing what a crawl needs ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.deploy: requirements-scrapyd.txt requirements.txt | $(VENV)/.made
	@echo "installing what deploying needs ..."
	@$(PIP) -r requirements-scrapyd.txt
	@touch $@ $(VENV)/.run

$(VENV)/.dev: requirements-dev.txt requirements-scrapyd.txt requirements.txt | $(VENV)/.made
	@echo "installing what the tests need ..."
	@$(PIP) -r requirements-dev.txt
	@for name in chromium chromium-browser google-chrome; do command -v $$name; done | grep -q . \
	|| if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing chromium for the tests that take a browser ..."; \
	    { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null \
	    || echo "chromium could not be installed" >&2; \
	else echo "no browser: tests that take one are skipped; as root: apt-get install chromium" >&2; fi
	@touch $@ $(VENV)/.run $(VENV)/.deploy

$(VENV)/.bench: requirements-bench.txt $(VENV)/.dev
	@echo "installing the peers to measure against ..."
	@$(PIP) --no-deps -r requirements-bench.txt
	@touch $@

# Debian's Python comes without ensurepip: it is in python3-venv, which root can install; anybody else
# can do with a pip that is there.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "ecnews needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@rm -rf $(VENV)
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null && [ "$$(id -u)" = 0 ] \
	    && command -v apt-get >/dev/null; then \
	    echo "installing python3-venv ..."; \
	    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; fi
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	    $(PYTHON) -m venv --without-pip $(VENV) \
	    && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; \
	else echo "python3-venv is missing; as root: apt-get install python3-venv" >&2; exit 1; fi
	@touch $@
