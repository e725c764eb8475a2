# Build, reproduce, test, install. `make help` lists the targets.

SWIFT  ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
BIN    := .build/release/bench

# Debian packages: libraries with their headers, and the font of the plots.
PACKAGES := pkg-config libopenblas-dev libgsl-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev libcsv-dev nettle-dev libcairo2-dev fonts-dejavu-core
SOURCES  := Package.swift Sources Tests Benchmarks

FUZZ_SECONDS ?= 60
FUZZ_SEED ?= 1

.PHONY: help packages build reproduce test fuzz lint format install benchmark-peers clean
.DEFAULT_GOAL := help

help:
	@echo 'make reproduce        build, then reproduce Table 1 in its smoke tier'
	@echo 'make test             run all tests'
	@echo 'make fuzz             damage files for FUZZ_SECONDS=60 per reader, from FUZZ_SEED=1'
	@echo 'make build            build bench'
	@echo 'make install          install into PREFIX ($(PREFIX))'
	@echo 'make benchmark-peers  measure the compute core beside PyTorch and JAX'
	@echo 'make lint, format     check, or settle, the layout of the sources'
	@echo 'make packages         install the Debian packages that are missing'
	@echo 'make clean            remove what was built'

# Nothing happens when all are there, or where there is no dpkg: then the build says what it lacks.
packages:
	@command -v dpkg-query >/dev/null 2>&1 || exit 0; \
	missing=; \
	for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	test -n "$$missing" || exit 0; \
	sudo=; \
	if [ "$$(id -u)" != 0 ]; then \
	  command -v sudo >/dev/null 2>&1 || { echo "make: as root, run: apt-get install$$missing" >&2; exit 1; }; \
	  sudo=sudo; \
	fi; \
	echo "make: installing the Debian packages$$missing" >&2; \
	{ $$sudo apt-get install -y --no-install-recommends $$missing || \
	  { $$sudo apt-get update && $$sudo apt-get install -y --no-install-recommends $$missing; }; } >&2

build: packages
	$(SWIFT) build -c release --product bench

reproduce: build
	$(BIN) reproduce sparse-vd-table1 --tier smoke

# The tests of the commands run the program itself, so it is built first. No test imports a module as testable, so that
# modules are built once, as they are for users.
test: build
	$(SWIFT) test -c release --disable-testable-imports

fuzz: packages
	$(SWIFT) build -c release --product fuzz-readers
	$$($(SWIFT) build -c release --show-bin-path)/fuzz-readers --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED)

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

format:
	$(SWIFT) format format --in-place --recursive $(SOURCES)

# bench finds experiments/ and datasets/ in ../share/bench beside its own folder.
install: build
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/bench'
	install -m 755 $(BIN) '$(DESTDIR)$(PREFIX)/bin/bench'
	rm -rf '$(DESTDIR)$(PREFIX)/share/bench/experiments' '$(DESTDIR)$(PREFIX)/share/bench/datasets'
	cp -R experiments datasets '$(DESTDIR)$(PREFIX)/share/bench/'

benchmark-peers: packages
	$(SWIFT) build -c release --product bench-steps
	Benchmarks/benchmark-peers.sh

clean:
	$(SWIFT) package clean
