# Two commands: `make run` and `make test`. Everything they install lies in .venv/ and .cache/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-for-tests
# setuptools warns at length that an editable installation is one.
INSTALL := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
ARGS ?=
TESTS ?=
BUILD_INPUTS := setup.cfg pyproject.toml build_support/owncastd_build.py \
	src/owncastd/web/package-lock.json src/owncastd/web/vendor.json

SWIFT := .cache/swift
SWIFT_STAMP := $(SWIFT)/venv/.installed

.PHONY: run demo test test-swift check install clean

run: $(STAMP)
	@exec $(BIN)/twistd --nodaemon --pidfile= owncast $(ARGS)

# A moving test picture with a clock and sound, for people without an encoder at hand.
demo: $(STAMP)
	@exec $(BIN)/python -m owncastd.demo $(ARGS)

test: check
ifeq ($(TESTS),)
	$(BIN)/python -m tests
else
	$(BIN)/python -m twisted.trial --temp-directory=.cache/trial $(TESTS)
endif

# The storage against OpenStack Swift's S3 interface; the other runs have rclone's alone, since Swift
# brings 80 MB of packages of its own.
test-swift: $(TEST_STAMP) $(SWIFT_STAMP)
	rm -rf $(SWIFT)/data
	$(BIN)/python -m tests.storage.swift $(SWIFT)/venv $(SWIFT)/data

$(SWIFT_STAMP):
	$(PYTHON) -m venv $(SWIFT)/venv
	$(SWIFT)/venv/bin/python -m pip install --quiet --disable-pip-version-check \
		'swift>=2.38,<3' 'setuptools>=77'
	@touch $@

check: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python build_support/check_web.py

install: $(STAMP)

# The .pth line shows twistd the plugin folder, which an editable install leaves out.
$(STAMP): $(BUILD_INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "owncastd needs Python 3.11 or later; set PYTHON=" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --upgrade pip
	$(INSTALL) --editable '.[ffmpeg]'
	@$(BIN)/python -c 'import pathlib, sysconfig; \
		pathlib.Path(sysconfig.get_path("purelib"), "owncastd-plugins.pth").write_text("$(CURDIR)\n")'
	@touch $@

$(TEST_STAMP): $(STAMP)
	OWNCASTD_SKIP_WEB=1 $(INSTALL) --editable '.[ffmpeg,test]'
	@touch $@

clean:
	rm -rf $(VENV) .cache build dist src/*.egg-info src/owncastd/web/static/vendor
