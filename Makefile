# The commands of daily work. `make help` lists them.

PREFIX ?= /usr/local
SWIFT ?= swift
# Where `make run` leaves its files; git ignores it.
RESULTS ?= results/local
# `make DEPS= …` leaves out the look for missing packages.
DEPS ?= scripts/deps.sh

bench = .build/release/bench
share = $(DESTDIR)$(PREFIX)/share/bench
# What the program reads at run time.
shared = report-templates suites checkpoints

.DEFAULT_GOAL := help
.PHONY: help deps build run smoke guard paths paper test golden lint install uninstall clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1~\2/p' $(firstword $(MAKEFILE_LIST)) | tr '~' '\t' | expand -t 18

deps: ## install what is missing, or say how
	@$(DEPS)

build: deps ## build bench, optimised
	$(SWIFT) build -c release --product bench

run: build ## measure suites/mobilenet.json; table here, files in results/local
	$(bench) run suites/mobilenet.json --output $(RESULTS)

smoke: build ## run the short suite that only shows that everything works
	$(bench) run suites/smoke.json --output $(RESULTS)

guard: build ## int8 must not be slower than f32: status 3 if it is
	$(bench) run suites/guard.json --output $(RESULTS)

paths: build ## matrix products on every instruction set, each against its own ceiling
	scripts/paths.sh $(bench) $(RESULTS) suites/gemm.json suites/pointwise.json

paper: build ## make the tables of docs/paper.md anew from results/reference
	scripts/paper.sh $(bench)

test: deps ## run all tests
	$(SWIFT) test -c release --disable-xctest

golden: deps ## count the networks' work anew, into a table that tests hold later versions to
	BENCH_GOLDEN=write $(SWIFT) test -c release --disable-xctest --filter GoldenWorkTests
	@git --no-pager diff --stat Tests/NetworksTests/Golden || true

lint: ## check the style of the Swift sources
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

install: build ## copy bench and its files to PREFIX (/usr/local)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(bench) "$(DESTDIR)$(PREFIX)/bin/bench"
	@# Files of an older version do not stay behind.
	rm -rf "$(share)"
	install -d "$(share)"
	cp -R $(shared) "$(share)/"
	chmod -R u=rwX,go=rX "$(share)"

uninstall: ## remove what install copied
	rm -f "$(DESTDIR)$(PREFIX)/bin/bench"
	rm -rf "$(share)"

clean: ## remove everything that was built
	rm -rf .build
